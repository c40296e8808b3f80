-- wrk posts one request again and again, with the headers of a signed one: it signs nothing and reads nothing.
-- Result line as in pace.py; the argument is the size of the message.
function init(args)
   wrk.method = "POST"
   wrk.body = string.rep("x", tonumber(args[1]))
   wrk.headers["x-amz-date"] = "20261124T120000Z"
   wrk.headers["authorization"] = "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261124/us-east-1/execute-api/aws4_request, "
      .. "SignedHeaders=host;x-amz-date, Signature=" .. string.rep("a", 64)
end

function done(summary, latency, requests)
   local errors = summary.errors
   local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
   io.write(string.format('\n{"posts": %d, "seconds": %f, "cpu_s": %f, "failed": %d}\n',
      summary.requests, summary.duration / 1e6, os.clock(), failed))
end

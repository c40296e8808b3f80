from hypothesis import given
from hypothesis import strategies as st

from services.domain import jobs
from services.domain.pushes import Job
from services.domain.ring import SIZE, Arc
from services.domain.topics import ALL, group

written = st.builds(
    Job,
    push_id=st.text(min_size=1),
    position=st.text(min_size=1),
    part=st.integers(0, 1_000),
    topic=st.just(ALL) | st.text(min_size=1).map(group),
    kind=st.sampled_from(["deliver", "recall"]),
    arc=st.builds(Arc, st.integers(0, SIZE - 1), st.integers(0, SIZE)),
    step=st.integers(0),
    after=st.none() | st.text(),
    left=st.lists(st.text()).map(tuple),
    attempt=st.integers(0, 5),
)


@given(written)
def test_a_job_survives_the_queue(job: Job) -> None:
    assert jobs.from_json(jobs.to_json(job)) == job

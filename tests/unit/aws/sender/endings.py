"""Ways in which a server answers and ends a connection, as scripts."""

from __future__ import annotations

import asyncio

from tests.unit.aws.sender.scripted import Exchange, Script, accept, response


async def close_after(exchange: Exchange) -> None:
    exchange.answer(200, "Connection: close")
    exchange.end()


async def end_after(exchange: Exchange) -> None:
    exchange.answer(200)
    exchange.end()


async def http_1_0(exchange: Exchange) -> None:
    exchange.send(b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n")
    exchange.end()


async def until_the_end(exchange: Exchange) -> None:
    exchange.send(b"HTTP/1.1 200 OK\r\n\r\nsomething")
    exchange.end()


async def break_off_in_the_body(exchange: Exchange) -> None:
    exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nsome")
    exchange.end()


async def bad_chunk(exchange: Exchange) -> None:
    exchange.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n")


async def too_much(exchange: Exchange) -> None:
    exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n" + b"x" * 100_000)


async def say_close(exchange: Exchange) -> None:
    exchange.answer(200, "Connection: close")


async def say_http_1_0(exchange: Exchange) -> None:
    exchange.send(b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n")


async def in_pieces(exchange: Exchange) -> None:
    for byte in response(200, "X-Name: value", body=b"ok"):
        exchange.send(bytes((byte,)))
        await exchange.writer.drain()
        await asyncio.sleep(0)


async def chunked(exchange: Exchange) -> None:
    exchange.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-Trailer: 1\r\n\r\n")


async def continued(exchange: Exchange) -> None:
    exchange.send(b"HTTP/1.1 100 Continue\r\n\r\n")
    exchange.send(b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n")
    exchange.answer(200)


async def without_a_body(exchange: Exchange) -> None:
    exchange.send(b"HTTP/1.1 204 No Content\r\n\r\n")


async def nonsense(exchange: Exchange) -> None:
    exchange.send(b"SSH-2.0-OpenSSH_9.2\r\n")


async def end_in_the_status_line(exchange: Exchange) -> None:
    exchange.send(b"HTTP/1.1 20")
    exchange.end()


async def end_after_100(exchange: Exchange) -> None:
    exchange.send(b"HTTP/1.1 100 Continue\r\n\r\n")
    exchange.end()


async def switch_protocols(exchange: Exchange) -> None:
    exchange.send(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n")


async def end_at_once(exchange: Exchange) -> None:
    exchange.end()


async def reset_at_once(exchange: Exchange) -> None:
    exchange.reset()


def first_turn_only(ending: Script) -> Script:
    """Answers the first request of a connection, and ends the others some way."""

    async def script(exchange: Exchange) -> None:
        await (accept if exchange.request.turn == 1 else ending)(exchange)

    return script

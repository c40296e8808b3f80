"""A process that is killed at its nth call of a port, before the call takes effect or after."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from dataclasses import fields, replace

from services.ports import Ports


class Killed(BaseException):
    """The process ends here: nothing in it catches this."""


class Life:
    """Ports that work until a call; from then on every call is the end. `at` None: it is never killed.

    `calls` is how many there were.
    """

    def __init__(self, ports: Ports, *, at: int | None = None, after: bool = False) -> None:
        self.calls = 0
        self.is_over = False
        self._at = at
        self._after = after
        ports_of_it = {each.name: _Mortal(getattr(ports, each.name), self) for each in fields(Ports)}
        # What is put in place of each port has the methods of that port.
        self.ports = replace(ports, **{**ports_of_it, "clock": ports.clock})  # type: ignore[arg-type]

    async def call(self, method: Callable[..., Awaitable[object]], *args: object, **named: object) -> object:
        if self.is_over:
            raise Killed
        self.calls += 1
        is_last = self.calls == self._at
        if is_last and not self._after:
            self.is_over = True
            raise Killed
        result = await method(*args, **named)
        if is_last:
            self.is_over = True
        if self.is_over:
            raise Killed
        return result


class _Mortal:
    """One port of a life."""

    def __init__(self, port: object, life: Life) -> None:
        self._port = port
        self._life = life

    def __getattr__(self, name: str) -> object:
        method = getattr(self._port, name)
        if not inspect.iscoroutinefunction(method):
            return method

        async def called(*args: object, **named: object) -> object:
            return await self._life.call(method, *args, **named)

        return called

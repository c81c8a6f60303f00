"""The vault for asyncio: the same methods, as coroutines that run in asyncio's threads.

    async with vault.aio.open() as v:
        with await v.get("prod-dns") as secret:
            header = "Bearer " + secret.reveal()

Arguments, results and exceptions are those of `vault.Vault`. A call that is cancelled before its thread has begun does nothing; one
that has begun goes on until it ends, and what it changes is then changed: do not wipe what you passed to it before. A Secret that
it has read by then is wiped when it is collected.
"""

from __future__ import annotations

import asyncio
import functools
import typing

import vault

if typing.TYPE_CHECKING:
    import builtins
    from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Generator
    from datetime import timedelta
    from types import TracebackType
    from typing import Any

    from typing_extensions import Concatenate, ParamSpec

    _P = ParamSpec("_P")

_T = typing.TypeVar("_T")


def _in_thread(method: Callable[Concatenate[vault.Vault, _P], _T]) -> Callable[Concatenate[Vault, _P], Coroutine[Any, Any, _T]]:
    @functools.wraps(method)
    async def call(self: Vault, /, *args: _P.args, **kwargs: _P.kwargs) -> _T:
        return await asyncio.to_thread(method, self._vault, *args, **kwargs)

    return call


class Vault:
    """An open vault, from vault.aio.open() or create(). Safe to use from several tasks at once."""

    def __init__(self, opened: vault.Vault) -> None:
        self._vault = opened

    def __repr__(self) -> str:
        return f"<vault.aio.Vault of {self._vault!r}>"

    async def __aenter__(self) -> Vault:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await asyncio.shield(self.close())  # a task that is cancelled just now closes all the same

    async def __aiter__(self) -> AsyncIterator[vault.Entry]:
        for entry in await self.list():
            yield entry

    @property
    def closed(self) -> bool:
        """Whether it was closed."""
        return self._vault.closed

    close = _in_thread(vault.Vault.close)
    get = _in_thread(vault.Vault.get)
    get_all = _in_thread(vault.Vault.get_all)
    entry = _in_thread(vault.Vault.entry)
    list = _in_thread(vault.Vault.list)
    contains = _in_thread(vault.Vault.__contains__)
    add = _in_thread(vault.Vault.add)
    add_all = _in_thread(vault.Vault.add_all)
    edit = _in_thread(vault.Vault.edit)
    move = _in_thread(vault.Vault.move)
    remove = _in_thread(vault.Vault.remove)
    undelete = _in_thread(vault.Vault.undelete)
    destroy = _in_thread(vault.Vault.destroy)
    slots = _in_thread(vault.Vault.slots)
    slot_add = _in_thread(vault.Vault.slot_add)
    slot_change = _in_thread(vault.Vault.slot_change)
    slot_leaked = _in_thread(vault.Vault.slot_leaked)
    slot_remove = _in_thread(vault.Vault.slot_remove)
    teams = _in_thread(vault.Vault.teams)
    log = _in_thread(vault.Vault.log)
    status = _in_thread(vault.Vault.status)
    verify = _in_thread(vault.Vault.verify)
    rekey = _in_thread(vault.Vault.rekey)

    def use(
        self,
        label: str,
        *,
        field: str | None = None,
        version: int | None = None,
        min_ttl: timedelta | None = None,
        allow_expired: bool = False,
    ) -> _Use:
        """As vault.Vault.use(), for ``async with``."""
        read = functools.partial(
            self.get, label, field=field, version=version, min_ttl=min_ttl, allow_expired=allow_expired
        )
        return _Use(read)

    async def clone(self, path: Any, **factors: Any) -> Vault:
        """As vault.Vault.clone()."""
        return Vault(await asyncio.to_thread(self._vault.clone, path, **factors))


class _Use:
    """``async with v.use(label) as view:``; the bytes are wiped at its end."""

    def __init__(self, read: Callable[[], Awaitable[vault.Secret]]) -> None:
        self._read = read
        self._lent: vault.Secret | None = None

    async def __aenter__(self) -> memoryview:
        if self._lent is not None:
            raise vault.UsageError("use: it lends once")
        self._lent = await self._read()
        return memoryview(self._lent)

    async def __aexit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._lent is not None:
            self._lent.close()


class _Opening:
    """``await vault.aio.open()``, or ``async with vault.aio.open() as v:``."""

    def __init__(self, start: Callable[[], vault.Vault]) -> None:
        self._start = start
        self._vault: Vault | None = None

    async def _open(self) -> Vault:
        return Vault(await asyncio.to_thread(self._start))

    def __await__(self) -> Generator[Any, None, Vault]:
        return self._open().__await__()

    async def __aenter__(self) -> Vault:
        self._vault = await self._open()
        return self._vault

    async def __aexit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._vault is not None:
            await self._vault.close()


def open(*args: Any, **kwargs: Any) -> _Opening:
    """As vault.open(). A passphrase that is a callable is called in another thread."""
    return _Opening(functools.partial(vault.open, *args, **kwargs))


def create(*args: Any, **kwargs: Any) -> _Opening:
    """As vault.create()."""
    return _Opening(functools.partial(vault.create, *args, **kwargs))


async def peek(path: Any = None) -> builtins.list[vault.Slot]:
    """As vault.peek()."""
    return await asyncio.to_thread(vault.peek, path)

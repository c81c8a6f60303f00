"""vault.aio: the same methods, as coroutines."""

import asyncio
import inspect

import pytest

import vault
import vault.aio


def test_the_main_job(place):
    async def work():
        async with vault.aio.create(**place) as v:
            await v.add("a", b"token", team="web")
            with await v.get("a") as secret:
                assert secret == b"token"
            async with v.use("a") as view:
                assert bytes(view) == b"token"
            assert bytes(view) == bytes(5)
            assert [entry.label for entry in await v.list(team="web")] == ["a"]
            assert [entry.label async for entry in v] == ["a"]
            assert await v.contains("a")
            with pytest.raises(vault.NotFoundError):
                await v.get("none")
            async with await v.clone(place["path"].with_name("clone"), key_file=place["key_file"]) as clone:
                assert (await clone.entry("a")).team == "web"
        assert v.closed
        lending = vault.aio.Vault(vault.open(**place)).use("a")
        async with lending:
            with pytest.raises(vault.UsageError):
                await lending.__aenter__()
        again = await vault.aio.open(**place)
        assert (await again.status()).entries == 1
        await again.close()
        assert len(await vault.aio.peek(place["path"])) == 1

    asyncio.run(work())


def test_many_at_once(dns):
    async def work():
        v = vault.aio.Vault(dns)
        secrets = await asyncio.gather(*(v.get("prod-dns") for _ in range(50)), v.edit("prod-dns", note="x"))
        assert all(secret == b"token-1" for secret in secrets[:-1])

    asyncio.run(work())


def test_it_has_every_method_of_a_vault():
    missing = {name for name in dir(vault.Vault) if not name.startswith("_")} - set(dir(vault.aio.Vault))
    assert missing == set()
    for name in ("get", "add", "list", "close"):
        assert inspect.iscoroutinefunction(getattr(vault.aio.Vault, name))
        assert inspect.signature(getattr(vault.aio.Vault, name)) == inspect.signature(getattr(vault.Vault, name))

"""The server is killed without warning, again and again, while writers write."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

import pytest
from collect_helpers import edit
from loopback import LoadWriter, Server

from wellhead._waiting import wait_for
from wellhead.collect.create import new_study
from wellhead.collect.server.host import open_host
from wellhead.collect.verify import verify_study

WRITERS, KILLS = 12, 3


async def write_until_killed(writers: list[LoadWriter], server: Server, after: float) -> None:
    async def one(writer: LoadWriter) -> None:
        while True:
            await writer.send("some words ")

    tasks = [asyncio.create_task(one(writer)) for writer in writers]
    await asyncio.sleep(after)
    server.kill()
    for outcome in await asyncio.gather(*tasks, return_exceptions=True):
        assert isinstance(outcome, ConnectionError), outcome
    for writer in writers:
        writer.connection.close()


async def check_kept(writers: list[LoadWriter]) -> None:
    for writer in writers:
        kept = await writer.kept()
        assert kept.startswith(writer.acknowledged)
        # At most the one batch that was on its way is there as well.
        assert len(kept) <= len(writer.acknowledged) + len("some words ")


@pytest.mark.slow
def test_every_acknowledged_character_survives_kill_nine(tmp_path: Path) -> None:
    """At whatever moment the server dies, what it acknowledged is there, and the chains hold."""
    study = edit(new_study(tmp_path / "demo"), batches_per_minute="6000")
    server, dice = Server(study.path), random.Random(5)
    server.start()

    async def run() -> None:
        writers = [LoadWriter(server.port, "demo", number) for number in range(WRITERS)]
        await asyncio.gather(*(writer.start() for writer in writers))
        for _ in range(KILLS):
            await write_until_killed(writers, server, dice.uniform(0.2, 1.2))
            server.start()
            await check_kept(writers)
        for writer in writers:
            await writer.send("the end.")
            assert (await writer.submit())["complete"] is True
            assert await writer.submit() == await writer.submit()

    wait_for(run())
    server.stop()
    host = open_host([study])
    result = host.store.read(lambda c: verify_study(c, host.studies["demo"], host.keys["demo"]))
    host.store.close()
    assert (result.sessions, result.breaks) == (WRITERS, [])
    assert result.links > WRITERS * KILLS

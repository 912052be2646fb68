"""Simulated writers over real sockets on loopback, for the kill test and the load benchmark.

A small HTTP/1.1 client on asyncio streams, so that hundreds of writers cost little beside the
server that is measured. It talks to 127.0.0.1 only.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from wellhead.collect.rehearsal import SimulatedWriter


class Server:
    """`wellhead collect serve` in a process of its own, on a free port that it keeps."""

    def __init__(self, study: Path, *, database: str | None = None, processes: int = 1) -> None:
        self.study, self.database, self.port = study, database, 0
        self.processes = processes
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        command = [sys.executable, "-m", "wellhead", "collect", "serve", str(self.study)]
        command += ["--port", str(self.port), "--insecure-cookies"]
        command += ["--processes", str(self.processes)]
        if self.database:
            command += ["--database", self.database]
        self._process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        assert self._process.stderr
        for line in self._process.stderr:
            if found := re.search(r"writers: +http://127\.0\.0\.1:(\d+)", line):
                self.port = int(found[1])
                return
        raise RuntimeError("the server did not start")

    def kill(self) -> None:
        """SIGKILL: no handler runs, nothing is flushed."""
        assert self._process
        self._process.kill()
        self._process.wait()
        assert self._process.stderr
        self._process.stderr.close()

    def stop(self) -> None:
        assert self._process
        self._process.terminate()
        self._process.wait(timeout=30)
        assert self._process.stderr
        self._process.stderr.close()

    def cpu_seconds(self) -> float:
        """Processor time that the server has used, its processes included."""
        assert self._process
        ticks = 0
        for pid in (self._process.pid, *self.children()):
            fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
            ticks += int(fields[11]) + int(fields[12])
        return ticks / os.sysconf("SC_CLK_TCK")

    def children(self) -> list[int]:
        """The processes that answer, where there are several."""
        assert self._process
        pid = self._process.pid
        return [int(n) for n in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


class Connection:
    """One keep-alive connection."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(
        self, method: str, path: str, body: Any = None, *, token: str = ""
    ) -> tuple[int, Any]:
        """Status and JSON (or text) of the answer.

        Raises:
            OSError: the server is away.
        """
        try:
            if self._streams is None:
                self._streams = await asyncio.open_connection("127.0.0.1", self.port)
            return await self._exchange(method, path, body, token)
        except (OSError, asyncio.IncompleteReadError, IndexError) as error:
            self.close()
            raise ConnectionError("the server is away") from error

    async def _exchange(self, method: str, path: str, body: Any, token: str) -> tuple[int, Any]:
        assert self._streams
        reader, writer = self._streams
        raw = b"" if body is None else json.dumps(body).encode()
        head = (
            f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(raw)}\r\n\r\n"
        )
        writer.write(head.encode() + raw)
        await writer.drain()
        lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        length = next(int(line[15:]) for line in lines if line.lower().startswith("content-length"))
        content = (await reader.readexactly(length)).decode()
        is_json = any("application/json" in line for line in lines)
        return int(lines[0].split()[1]), json.loads(content) if is_json else content

    def close(self) -> None:
        if self._streams:
            self._streams[1].close()
        self._streams = None


class LoadWriter:
    """Writes and sends; remembers the text that was acknowledged."""

    def __init__(self, port: int, study: str, number: int) -> None:
        self.connection = Connection(port)
        self.study, self.number = study, number
        self.acknowledged = ""
        self.latencies: list[float] = []
        self._waiting: dict[str, Any] | None = None

    async def start(self) -> None:
        _, page = await self.connection.ask("GET", f"/s/{self.study}")
        ticket = re.search(r'"ticket": "([\w.=-]+)"', page)
        assert ticket
        message = {
            "v": 1,
            "study": self.study,
            "ticket": ticket[1],
            "consent": {"version": "1", "at": 0},
            "tab": "t",
        }
        status, started = await self.connection.ask("POST", "/api/session", message)
        assert status == 201, started
        self.sid, self.token = started["at"]["sid"], started["token"]
        self.receipt = started["at"]["receipt"]
        self.pen = SimulatedWriter(seed=self.number, paste_key=started["recorder"]["key"])

    async def send(self, words: str) -> None:
        """Type the words and have them acknowledged; what waited before goes first."""
        if self._waiting is None:
            self.pen.type(words)
            batch = self.pen.batch(self.sid, self.receipt, tab="t")
            self._waiting = batch.model_dump()
        began = time.perf_counter()
        path = f"/api/session/{self.sid}/batch"
        status, answer = await self.connection.ask("POST", path, self._waiting, token=self.token)
        assert status == 200, answer
        self.latencies.append(time.perf_counter() - began)
        self.receipt, self._waiting = answer["receipt"], None
        self.acknowledged = self.pen.text

    async def kept(self) -> str:
        """The text that the server would put back after a reload."""
        path = f"/api/session/{self.sid}?tab=t"
        status, state = await self.connection.ask("GET", path, token=self.token)
        assert status == 200, state
        return str(state["text"])

    async def submit(self) -> dict[str, Any]:
        message = {"v": 1, "nonce": "n", "text": self.pen.text, "seq": self.pen.seq}
        path = f"/api/session/{self.sid}/submit"
        status, answer = await self.connection.ask("POST", path, message, token=self.token)
        assert status == 200, answer
        return dict(answer)

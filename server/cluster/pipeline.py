"""A pipeline over a Cluster: each command goes to the server of its key, all servers at once.

The answers are in the order of the commands. A server that is away fails its own commands only;
with `raise_on_error=False` the others' answers can be used. A transaction is of one slot. What was
sent to the wrong server was not run, and is sent on: command by command, a transaction as a whole.
A command without a key (WAIT, CONFIG GET) is a question about the one before it, to the same server
on the same connection; if that one was sent on, the question fails.
"""

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from redis.asyncio.client import Pipeline
from redis.exceptions import AskError, MovedError, RedisError

from server.cluster.slots import key_in, slot_of

if TYPE_CHECKING:
    from redis.asyncio import Redis

    from server.cluster.client import ClusterRedis

Command = tuple[tuple[Any, ...], Any]  # its words, and redis-py's options


class ClusterPipeline(Pipeline):
    """Gathers commands like redis-py's own; only `execute` is ours."""

    def __init__(self, cluster: "ClusterRedis", *, is_transaction: bool) -> None:
        pool = cluster.connection_pool
        super().__init__(pool, cluster.response_callbacks, is_transaction, shard_hint=None)
        self._cluster = cluster

    async def execute(self, raise_on_error: bool = True) -> list[Any]:
        """The answers; for a command that failed, its exception, if not raised."""
        commands: list[Command] = self.command_stack
        self.command_stack = []
        if self.is_transaction:
            answers = await self._transaction(commands)
        else:
            answers = await self._each_to_its_server(commands)
        failures = [answer for answer in answers if isinstance(answer, Exception)]
        if failures and raise_on_error:
            raise failures[0]
        return answers

    async def _transaction(self, commands: Sequence[Command]) -> list[Any]:
        slots = {_slot(command) for command in commands}
        if len(slots) != 1:
            raise ValueError("a transaction is of one room")
        [slot] = slots
        server = self._cluster.node_of(_key(commands[0]))
        answers = await self._sent(server, commands, is_transaction=True)
        if answers and isinstance(answers[0], MovedError):
            server = self._cluster.moved(slot, answers[0])
            answers = await self._sent(server, commands, is_transaction=True)
        return answers

    async def _each_to_its_server(self, commands: Sequence[Command]) -> list[Any]:
        answers: list[Any] = [None] * len(commands)
        by_server: dict[Redis, list[int]] = {}
        server: Redis | RedisError
        for number, command in enumerate(commands):
            if number == 0 or _has_key(command):
                server = self._server_of(command)
            if isinstance(server, RedisError):
                answers[number] = server
            else:
                by_server.setdefault(server, []).append(number)
        await asyncio.gather(
            *(self._fill(answers, server, commands, of) for server, of in by_server.items())
        )
        return answers

    def _server_of(self, command: Command) -> "Redis | RedisError":
        try:
            return self._cluster.node_of(_key(command))
        except RedisError as error:
            return error

    async def _fill(
        self, answers: list[Any], server: "Redis", commands: Sequence[Command], of: Sequence[int]
    ) -> None:
        theirs = await self._sent(server, [commands[number] for number in of], is_transaction=False)
        refused: AskError | None = None
        for number, answer in zip(of, theirs, strict=True):
            answers[number] = answer
            if not _has_key(commands[number]):
                answers[number] = refused or answer
                continue
            refused = answer if isinstance(answer, AskError) else None  # MOVED is one, too
            if refused:
                answers[number] = await self._sent_on(commands[number])

    async def _sent_on(self, command: Command) -> Any:
        words, options = command
        try:
            return await self._cluster.execute_command(*words, **options)
        except (RedisError, OSError) as error:
            return error

    async def _sent(
        self, server: "Redis", commands: Sequence[Command], *, is_transaction: bool
    ) -> list[Any]:
        """The answers of one server; if it failed as a whole, that failure for each command."""
        pipe = server.pipeline(transaction=is_transaction)
        for words, options in commands:
            pipe.execute_command(*words, **options)
        try:
            answers: list[Any] = await pipe.execute(raise_on_error=False)
        except (RedisError, OSError) as error:
            self._cluster.failed(server, error)
            return [error] * len(commands)
        return answers


def _has_key(command: Command) -> bool:
    return key_in(command[0]) is not None


def _key(command: Command) -> str:
    words, _ = command
    key = key_in(words)
    if key is None:
        raise ValueError(f"{words[0]} has no key, so no room's server")
    return key.decode() if isinstance(key, bytes) else key


def _slot(command: Command) -> int:
    return slot_of(_key(command))

"""A room's rules as one value, and Redis as where they are kept."""

import pytest
from redis.asyncio import Redis

from rooms.redis_broker.rules import RedisRules
from rooms.rules import BANS_MAX, Rules, folded


def test_everybody_is_a_viewer_except_the_room_s_assistants() -> None:
    rules = Rules(assistants=frozenset({"ann"}))
    assert (rules.role_of("ann"), rules.role_of("bob")) == ("assistant", "viewer")


def test_a_mute_is_over_at_its_time() -> None:
    rules = Rules(muted_until_ms={"ann": 1_000})
    assert [rules.muted_for_ms("ann", at) for at in (0, 999, 1_000, 2_000)] == [1_000, 1, 0, 0]
    assert rules.muted_for_ms("bob", 0) == 0


def test_blocked_words_are_folded_once_and_empty_ones_left_out() -> None:
    assert folded(("Spam", "ＳＰＡＭ", "!?", "微 信")) == ("spam", "微信")


async def test_what_is_set_is_read_and_every_change_is_another_version(redis: Redis) -> None:
    source = RedisRules(redis)
    assert await source.read("r") == Rules()
    assert await source.versions(["r", "other"]) == ["", ""]
    versions: set[str | None] = {""}
    for change in (
        source.set_rules("r", 5, ["Spam", "微信"]),
        source.set_assistant("r", "ann", True),
        source.mute("r", "bob", 9_000, 1_000),
        source.ban("r", "cat", 1_000),
    ):
        await change
        versions.update(await source.versions(["r"]))
    assert len(versions) == 5
    rules = await source.read("r")
    assert rules == Rules(
        version=rules.version,
        slow_mode_s=5,
        blocked_words=("Spam", "微信"),
        folded_words=("spam", "微信"),
        assistants=frozenset({"ann"}),
        muted_until_ms={"bob": 9_000},
        banned=frozenset({"cat"}),
    )
    await source.set_assistant("r", "ann", False)
    await source.unmute("r", "bob")
    await source.unban("r", "cat")
    rules = await source.read("r")
    assert not (rules.assistants or rules.muted_until_ms or rules.banned)
    assert await source.read("other") == Rules()


async def test_lists_are_bounded_and_what_ran_out_makes_room(
    redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = RedisRules(redis)
    monkeypatch.setattr("rooms.redis_broker.rules.MUTES_MAX", 2)
    assert await source.mute("r", "ann", 2_000, 1_000)
    assert await source.mute("r", "bob", 9_000, 1_000)
    assert not await source.mute("r", "cat", 9_000, 1_999)
    assert await source.mute("r", "bob", 9_500, 1_999), "who is in the list may be changed"
    assert await source.mute("r", "cat", 9_000, 2_000), "ann's mute has run out"
    assert set((await source.read("r")).muted_until_ms) == {"bob", "cat"}
    await redis.hset("kaibo:{r}:bans", mapping={f"u{n}": 1 for n in range(BANS_MAX)})
    assert not await source.ban("r", "one more", 1)
    assert await source.ban("r", "u1", 2)


async def test_slow_mode_knows_the_same_comment_again(redis: Redis) -> None:
    source = RedisRules(redis)
    assert await source.wait_ms("r", "ann", "first", 60) == 0
    assert await source.wait_ms("r", "ann", "first", 60) == 0
    assert 59_000 < await source.wait_ms("r", "ann", "second", 60) <= 60_000
    assert await source.wait_ms("r", "bob", "second", 60) == 0
    assert await source.wait_ms("other", "ann", "second", 60) == 0


async def test_scripts_that_redis_forgot_are_sent_again(redis: Redis) -> None:
    source = RedisRules(redis)
    await source.ban("r", "ann", 1)
    await redis.script_flush()
    assert await source.ban("r", "bob", 1)

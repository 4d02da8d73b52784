"""Mutants: the bugs of public flash-sale projects, planted in our code."""

from tests.mutants.mutant import Edit, lua, mutant

KNOWN = "tests/inventory/test_known_bugs.py::"
STORE = "tests/inventory/test_redis_store.py::"
PAYING = "tests/inventory/test_paying.py"
SETTLE = "tests/inventory/payments/test_settle.py::"
WRITER = "tests/inventory/test_writer.py::"
LEDGER = "tests/inventory/test_ledger.py::"

_LAW = "local function is_lawful(record)\n"
_NO_LAW = lua("prelude", _LAW, f"{_LAW}  if true then return true end\n")

MUTANTS = [
    mutant(
        "stock is reset from the database while orders are in flight",
        KNOWN + "test_stock_is_not_reset_while_orders_are_in_flight",
        lua("put_sale", "if existing then", "if false then"),
    ),
    mutant(
        "the counter rests at -1, so the first returned unit cannot be sold",
        KNOWN + "test_the_counter_never_rests_below_zero_so_the_first_returned_unit_sells",
        _NO_LAW,
        lua(
            "reserve",
            "    if line.pool.available < line[2] then return 'SOLD_OUT', line[1] end\n",
            "    if line.pool.available < line[2] then\n"
            "      line.pool.available = line.pool.available - line[2]\n"
            "      changed_pools[line[1]] = true\n"
            "      return 'SOLD_OUT', line[1]\n"
            "    end\n",
        ),
    ),
    mutant(
        "units are taken before the limit is checked, and not given back",
        KNOWN + "test_a_refused_reservation_takes_nothing",
        lua(
            "reserve",
            "      return 'USER_LIMIT', line[1]\n",
            "      line.pool.available = line.pool.available - line[2]\n"
            "      line.pool.held = line.pool.held + line[2]\n"
            "      changed_pools[line[1]] = true\n"
            "      return 'USER_LIMIT', line[1]\n",
        ),
    ),
    mutant(
        "units are taken before a duplicate is noticed",
        "tests/inventory/test_batches.py::test_an_id_asked_twice_at_once_is_one_hold",
        lua("reserve", "  if seen[i] then\n", "  if false then\n"),
    ),
    mutant(
        "two lines of one product are checked one by one",
        KNOWN + "test_two_lines_of_one_sale_are_checked_as_their_sum",
        Edit(
            "inventory/hold.py",
            "[WantedLine(sale_id, quantities[sale_id]) for sale_id in sorted(quantities)]",
            "sorted(wanted, key=lambda line: line.sale_id)",
        ),
    ),
    mutant(
        "a release runs twice",
        KNOWN + "test_a_release_runs_once_and_the_id_stays_taken",
        lua("cancel", "if its_hold[STATE] == 'cancelled' then", "if false then"),
        lua("cancel", "if its_hold[STATE] ~= 'held' then", "if false then"),
        _NO_LAW,
    ),
    mutant(
        "a release deletes the marker, so that a retry takes the units again",
        KNOWN + "test_a_release_runs_once_and_the_id_stays_taken",
        lua(
            "cancel",
            "return commit('CANCELLED', {hold = its_hold, pools = pools_of(its_hold)})",
            "local packed = commit('CANCELLED', {hold = its_hold, pools = pools_of(its_hold)})\n"
            "redis.call('HDEL', HOLDS, args.hold_id)\n"
            "return packed",
        ),
    ),
    mutant(
        "an expiry does not look again: a paid order ends expired",
        (KNOWN + "test_an_order_that_was_paid_never_ends_expired", PAYING),
        lua("reclaim", "its_hold and is_live(its_hold) and now_ms", "its_hold and now_ms"),
    ),
    mutant(
        "a payment is called fulfilled before the order is, and then a crash",
        SETTLE + "test_payment_waits_in_sql_while_redis_is_away",
        Edit(
            "inventory/payments/settle.py",
            "            await self._resolve(paid, known)\n",
            "            name = (paid.provider, paid.payment_id)\n"
            '            await self._settle(Settled(*name, "PAID", self._now_ms()))\n'
            "            await self._resolve(paid, known)\n",
        ),
    ),
    mutant(
        "a sold-out flag is never cleared",
        KNOWN + "test_sold_out_is_not_remembered",
        lua(
            "reserve",
            "    if line.pool.available < line[2] then return 'SOLD_OUT', line[1] end\n",
            "    if line.pool.sold_out or line.pool.available < line[2] then\n"
            "      line.pool.sold_out = true\n"
            "      changed_pools[line[1]] = true\n"
            "      return 'SOLD_OUT', line[1]\n"
            "    end\n",
        ),
    ),
    mutant(
        "the ledger's reader acknowledges before it commits",
        WRITER + "test_while_sql_is_away_the_outbox_waits_and_then_all_arrives[sqlite]",
        Edit(
            "inventory/ledger/writer.py",
            "            _say_unreadable(entries)\n",
            "            _say_unreadable(entries)\n"
            "            for room_id, batch in by_room.items():\n"
            "                await self._outbox.trim(room_id, batch[-1].stream_id)\n",
        ),
    ),
    mutant(
        "the ledger's reader swallows a failure and acknowledges",
        WRITER + "test_while_sql_is_away_the_outbox_waits_and_then_all_arrives[sqlite]",
        Edit(
            "inventory/ledger/writer.py",
            "            self._positions |= await asyncio.to_thread("
            "self._ledger.apply_all, by_room)\n",
            "            try:\n"
            "                await asyncio.to_thread(self._ledger.apply_all, by_room)\n"
            "            except InventoryError as error:\n"
            '                log.warning("ledger writer waits not: %s", error)\n'
            "            for room_id, batch in by_room.items():\n"
            "                self._positions[room_id] = batch[-1].position\n",
        ),
    ),
    mutant(
        "the ledger's position is committed before what it stands for",
        LEDGER + "test_a_failure_in_the_middle_leaves_no_half[sqlite]",
        Edit(
            "inventory/ledger/ledger.py",
            "            post(connection, posted)\n",
            "        with writing(self._engine) as connection:\n"
            "            post(connection, posted)\n",
        ),
    ),
    mutant(
        "exactly one unit too many is sold",
        KNOWN + "test_the_last_unit_is_sold_and_not_one_more",
        lua(
            "reserve",
            "    if line.pool.available < line[2] then return 'SOLD_OUT'",
            "    if line.pool.available + 1 < line[2] then return 'SOLD_OUT'",
        ),
    ),
    mutant(
        "exactly one unit too many is sold, and no script checks the law",
        KNOWN + "test_the_last_unit_is_sold_and_not_one_more",
        _NO_LAW,
        lua(
            "reserve",
            "    if line.pool.available < line[2] then return 'SOLD_OUT'",
            "    if line.pool.available + 1 < line[2] then return 'SOLD_OUT'",
        ),
    ),
    mutant(
        "the address of a payment can be guessed",
        "tests/inventory/payments/test_port.py",
        Edit(
            "inventory/payments/port.py",
            'return f"co_{secrets.token_urlsafe(24)}"',
            'return f"co_{id(object()):032d}"',
        ),
    ),
    mutant(
        "a sale sells before its start, to who knows its address",
        STORE + "test_a_sale_is_open_from_its_start_up_to_its_end",
        lua("reserve", "    return not started and not has_ended(record)\n", "    return false\n"),
    ),
]

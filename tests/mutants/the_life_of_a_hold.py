"""Mutants of everything after a hold was given, of the clock, and of the rules the model has."""

from tests.mutants.mutant import Edit, lua, mutant

STORE = "tests/inventory/test_redis_store.py::"
PAYING = "tests/inventory/test_paying.py::"
SETTLE = "tests/inventory/payments/test_settle.py::"
KNOWN = "tests/inventory/test_known_bugs.py::"
FORGETTING = "tests/inventory/test_forgetting.py"
RESTOCKS = "tests/inventory/test_restocks_after_loss.py::"
WORLDS = "tests/inventory/test_small_worlds.py::test_no_order_of_events_breaks_a_promise"
MEMORY_STORE = "inventory/memory_store.py"

MUTANTS = [
    mutant(
        "time steps back with the machine's clock",
        STORE + "test_time_never_steps_back",
        lua("prelude", "  if measured_ms <= highest_ms then return highest_ms end\n", ""),
    ),
    mutant(
        "a hold is extended as often as its buyer likes",
        "tests/inventory/test_twins.py::test_scripts_and_rules_give_the_same_answers[sqlite]",
        lua("extend", "if its_hold[EXTENDED] then", "if false then"),
    ),
    mutant(
        "an extension does not reach the deadline that is looked at",
        STORE + "test_an_extended_hold_lives_until_its_new_deadline",
        lua("commit", "      look_at(hold_id, record[DEADLINE])\n", ""),
    ),
    mutant(
        "a cancelled unit still counts against its buyer",
        KNOWN + "test_a_cancelled_unit_counts_neither_as_sold_nor_against_the_buyer",
        lua(
            "prelude",
            "  CANCELLED = {state = 'cancelled', from = 'held', to = 'available', counted = -1},",
            "  CANCELLED = {state = 'cancelled', from = 'held', to = 'available', counted = 0},",
        ),
    ),
    mutant(
        "anybody may cancel a hold whose id he knows",
        STORE + "test_an_id_of_another_buyer_or_content_is_refused_and_tells_nothing",
        lua(
            "cancel",
            "if not its_hold or its_hold[BUYER_ID] ~= args.buyer_id then",
            "if not its_hold then",
        ),
    ),
    mutant(
        "a payment that is reported twice is two payments",
        PAYING + "test_each_payment_gets_the_same_answer_every_time",
        lua("pay", "if its_hold[PAYMENT_ID] == args.payment_id then", "if false then"),
    ),
    mutant(
        "a second payment is taken for the first",
        PAYING + "test_each_payment_gets_the_same_answer_every_time",
        lua("pay", "if its_hold[PAYMENT_ID] then\n", "if false then\n"),
    ),
    mutant(
        "any amount pays",
        PAYING + "test_a_wrong_amount_is_to_be_refunded_and_leaves_the_hold_alone",
        lua("pay", " or args.amount_cents ~= amount_of(its_hold) then", " then"),
    ),
    mutant(
        "a late payment takes a unit that is somebody else's",
        PAYING + "test_a_late_payment_for_units_that_are_gone_is_to_be_refunded",
        lua("pay", " or record.available < line[QUANTITY] then", " then"),
    ),
    mutant(
        "a late payment ignores the limit",
        PAYING + "test_a_late_payment_does_not_take_a_buyer_over_the_limit",
        lua("pay", "counted > record.per_buyer_max or ", ""),
    ),
    mutant(
        "a payment is answered for before it is written down",
        SETTLE + "test_payment_is_not_answered_for_while_sql_cannot_record_it[sqlite]",
        Edit(
            "inventory/payments/settle.py",
            "        known = await self._record(paid)\n",
            "        asyncio.create_task(self._record(paid))\n        return\n",
        ),
    ),
    mutant(
        "a payment that waits in SQL is never taken up again",
        SETTLE + "test_crash_after_recording_is_healed[sqlite]",
        Edit(
            "inventory/payments/settle.py",
            "        if not pending:\n",
            "        if True:\n",
        ),
    ),
    mutant(
        "a cut takes units that are held",
        STORE + "test_restocks_repeat_by_id_and_cuts_stop_at_what_is_available",
        lua(
            "restock",
            "if record.available + args.units < 0 then",
            "if record.total + args.units < 0 then",
        ),
    ),
    mutant(
        "a restock that is repeated adds its units again",
        STORE + "test_restocks_repeat_by_id_and_cuts_stop_at_what_is_available",
        lua("restock", "if seen then\n", "if false then\n"),
    ),
    mutant(
        "a rebuild forgets the ids of restocks",
        RESTOCKS + "test_after_a_rebuild_it_is_known_with_its_content[sqlite-3]",
        Edit(
            "inventory/rebuild/__init__.py",
            "        await self._make_restocks(room_id, staging, since_ms)\n",
            "",
        ),
    ),
    mutant(
        "a rebuild drops the ids of restocks that only Redis knows",
        RESTOCKS + "test_what_an_earlier_version_told_counts_and_stays_known_to_redis[sqlite]",
        lua("restore", "for i = 1, #remembered, 2 do", "for i = 1, 0 do"),
    ),
    mutant(
        "a restock that SQL has counted is counted again after a failover",
        RESTOCKS + "test_after_a_failover_it_counts_once_in_sql_too[sqlite-3]",
        Edit(
            "inventory/ledger/journal.py",
            "BulkInsert(restocks, RESTOCK_COLUMNS)",
            'BulkInsert(restocks, RESTOCK_COLUMNS, "ON CONFLICT DO NOTHING")',
        ),
    ),
    mutant(
        "an id is forgotten while it can still be executed",
        FORGETTING,
        Edit(
            "inventory/redis_store/store.py",
            "self._forget_after_ms = retention_ms + FUTURE_MAX_MS",
            "self._forget_after_ms = retention_ms",
        ),
    ),
    mutant(
        "an id that is too old is executed again",
        STORE + "test_ids_outside_the_window_are_refused",
        lua("reserve", "hold_id < oldest_id or ", ""),
    ),
    mutant(
        "Redis that forgot its scripts is an error",
        STORE + "test_forgotten_scripts_cost_a_retry_and_nothing_else",
        Edit(
            "inventory/redis_store/scripts.py",
            "except NoScriptError:",
            "except ZeroDivisionError:",
        ),
    ),
    mutant(
        "selling goes on however far SQL is behind",
        STORE + "test_reserving_pauses_while_the_outbox_is_full",
        lua("reserve", "redis.call('XLEN', OUTBOX) >= args.outbox_entries_max", "false"),
    ),
    mutant(
        "a full Redis keeps the first half of a command",
        STORE + "test_a_full_redis_refuses_a_whole_command",
        lua(
            "commit",
            "local function commit(outcome, fields, write_more)\n",
            "local function commit(outcome, fields, write_more)\n  redis.call('DEL', DEADLINES)\n",
        ),
    ),
    mutant(
        "the outbox is trimmed before the room was told",
        "tests/inventory/test_writer.py::"
        "test_the_outbox_is_trimmed_below_the_slower_of_its_readers[sqlite]",
        Edit("inventory/ledger/writer.py", "safe = min(committed, relayed)", "safe = committed"),
    ),
    mutant(
        "the model: sold out is said though a due hold could be reclaimed",
        WORLDS,
        Edit(
            MEMORY_STORE,
            "        self._reclaim(room, now_ms)\n        self._serve_who_waits",
            "        self._serve_who_waits",
        ),
        Edit(
            MEMORY_STORE,
            "            if not self._reclaim(room, now_ms):\n"
            "                break\n"
            "            refusal = room.refusal(buyer_id",
            "            break\n            refusal = room.refusal(buyer_id",
        ),
    ),
    mutant(
        "the model: a cancelled unit is not offered",
        WORLDS,
        Edit(
            MEMORY_STORE,
            "        hold = room.happen(Outcome.CANCELLED, hold, now_ms)\n"
            "        room.serve_waitlists(now_ms)\n",
            "        hold = room.happen(Outcome.CANCELLED, hold, now_ms)\n",
        ),
    ),
    mutant(
        "the model: a payment's first answer is forgotten",
        WORLDS,
        Edit(
            MEMORY_STORE,
            "            return _replayed(now_ms, first_payment_outcome(hold), hold=hold)\n",
            "            return Result(outcome=Outcome.SECOND_PAYMENT, now_ms=now_ms, hold=hold)\n",
        ),
    ),
    mutant(
        "the model: an extended hold never ends",
        WORLDS,
        Edit(
            "inventory/hold.py",
            "return hold.state in LIVE_STATES and now_ms >= hold.deadline_ms",
            "return hold.state in LIVE_STATES and now_ms >= hold.deadline_ms and not hold.extended",
        ),
    ),
    mutant(
        "the model: a repeated id is executed again once its hold was cancelled",
        WORLDS,
        Edit(
            MEMORY_STORE,
            "        if seen is not None:\n            if not asks_for(",
            "        if seen is not None and seen.state is not HoldState.CANCELLED:\n"
            "            if not asks_for(",
        ),
    ),
]

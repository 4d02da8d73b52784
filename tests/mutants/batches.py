"""Mutants of what decides for many at once, and of the waitlist."""

from tests.mutants.mutant import Edit, lua, mutant

BATCHES = "tests/inventory/test_batches.py::"
WAITLIST = "tests/inventory/test_waitlist.py::"
STORE = "tests/inventory/test_redis_store.py::"
TWINS = "tests/inventory/test_twins.py::test_scripts_and_rules_give_the_same_answers[sqlite]"

MUTANTS = [
    mutant(
        "a batch forgets what it gave a buyer a moment ago",
        BATCHES + "test_the_limit_counts_what_the_same_call_gave",
        lua("reserve", "    counts[field] = has\n", ""),
    ),
    mutant(
        "a buyer who is twice in a batch is counted once",
        BATCHES + "test_the_limit_counts_what_the_same_call_gave",
        lua("reserve", "field, DIGITS[has]\n", "field, DIGITS[units]\n"),
    ),
    mutant(
        "an id that is twice in a batch is two holds",
        BATCHES + "test_an_id_asked_twice_at_once_is_one_hold",
        Edit(
            "inventory/redis_store/batcher.py",
            "        if queue[0][0].hold_id in batch:\n            break\n",
            "",
        ),
        Edit(
            "inventory/redis_store/batcher.py",
            "batch[waiting[0].hold_id] = waiting",
            "batch[str(len(batch))] = waiting",
        ),
        lua("reserve", "  if is_new[hold_id] then", "  if false then"),
    ),
    mutant(
        "who came last in a batch is served first",
        BATCHES + "test_the_first_who_came_get_the_units",
        Edit("inventory/redis_store/batcher.py", "= queue.popleft()", "= queue.pop()"),
        Edit("inventory/redis_store/batcher.py", "queue[0][0].hold_id", "queue[-1][0].hold_id"),
    ),
    mutant(
        "one refusal refuses all that come after it in the batch",
        BATCHES + "test_who_wants_more_than_is_left_does_not_block_who_wants_less",
        lua(
            "reserve",
            "    if not outcome then\n",
            "    if not outcome and not next(refusing) then\n",
        ),
    ),
    mutant(
        "of a cart only the last line is checked",
        STORE + "test_a_cart_is_held_whole_or_not_at_all",
        lua(
            "reserve",
            "j = 1, want.count do\n    local line = lines[j]\n    if line.pool.available",
            "j = want.count, want.count do\n    local line = lines[j]\n    if line.pool.available",
        ),
    ),
    mutant(
        "a batch names its holds' deadline for the first of them only",
        BATCHES + "test_every_hold_of_a_call_expires_by_itself",
        lua("reserve", "  due[#due + 1] = hold_id\n", "  due[1] = due[1] or hold_id\n"),
    ),
    mutant(
        "a sweep drops the rest of a batch when it may do no more",
        BATCHES + "test_every_hold_of_a_call_expires_by_itself",
        lua("reclaim", "      if rest ~= '' then look_at(rest, now_ms) end\n", ""),
    ),
    mutant(
        "a repeat is answered with the record as it was before the call",
        BATCHES + "test_a_repeat_that_comes_when_the_hold_is_over_says_so",
        lua("reserve", "holds[hold_id] or cmsgpack.unpack(seen[i])", "cmsgpack.unpack(seen[i])"),
    ),
    mutant(
        "a hold that was set aside loses its deadline",
        BATCHES + "test_a_due_hold_of_a_broken_pool_expires_once_the_pool_is_mended",
        lua("reclaim", "  if aside then look_at", "  if false then look_at"),
    ),
    mutant(
        "an id with other content is taken for a repeat",
        STORE + "test_an_id_of_another_buyer_or_content_is_refused_and_tells_nothing",
        lua(
            "reserve",
            "    if held[i][SALE_ID] ~= line[1] or held[i][QUANTITY] ~= line[2]",
            "    if false",
        ),
    ),
    mutant(
        "a unit whose hold expired is not offered to who waits",
        WAITLIST + "test_a_unit_whose_hold_expired_is_offered_in_the_same_step",
        lua("reserve", "if next(changed_pools) then serve_waitlists() end\n", ""),
    ),
    mutant(
        "a unit that was given back is not offered to who waits",
        WAITLIST + "test_returned_units_go_to_the_first_who_waited",
        lua("commit", "  serve_waitlists()\n", ""),
    ),
    mutant(
        "places of the waitlist are served from the end",
        WAITLIST + "test_returned_units_go_to_the_first_who_waited",
        lua(
            "waitlist",
            "waiting_at(place_field(record, record.waiting_next))",
            "waiting_at(place_field(record, record.waiting_end - 1))",
        ),
    ),
    mutant(
        "who asks now comes before who waits",
        WAITLIST + "test_nobody_overtakes_however_many_wait",
        lua("reserve", "  elseif want.must_wait then\n", "  elseif false then\n"),
    ),
    mutant(
        "those whom one command could not serve are forgotten",
        WAITLIST + "test_everybody_is_served_though_nobody_asks",
        lua("commit", "look_at('sale:' .. sale_id, now_ms)", ""),
    ),
    mutant(
        "a buyer has two places on a waitlist",
        WAITLIST + "test_a_buyer_has_one_place_and_may_leave_it",
        lua("reserve", "  if waiting_at(buyer_field(made)) then", "  if false then"),
    ),
    mutant(
        "who has left the waitlist is served",
        WAITLIST + "test_a_buyer_has_one_place_and_may_leave_it",
        lua("waitlist", "not its_hold or its_hold[STATE] ~= 'waiting'", "not its_hold"),
        lua("waitlist", "if number then set_waiting_at", "if false then set_waiting_at"),
    ),
    mutant(
        "a place on the waitlist is kept for who has left it",
        WAITLIST + "test_a_place_that_somebody_left_is_free_for_another",
        lua("waitlist", "if number then set_waiting_at", "if false then set_waiting_at"),
    ),
    mutant(
        "who was served by the very call cannot wait for another",
        WAITLIST + "test_who_is_served_by_the_very_call_may_wait_for_another",
        lua("waitlist", "  set_waiting_at(field, nil)\n", ""),
    ),
    mutant(
        "a waitlist takes those who want several at once",
        WAITLIST + "test_who_wants_several_at_once_does_not_wait",
        lua("reserve", "want.or_wait and is_one_unit(want)", "want.or_wait and want.count == 1"),
    ),
    mutant(
        "the places that one command serves are counted for each sale by itself",
        WAITLIST + "test_one_command_serves_so_many_however_many_sales",
        lua(
            "waitlist",
            "local function serve(record)\n",
            "local function serve(record)\n  servings_left = OFFERS_PER_COMMAND_MAX\n",
        ),
    ),
    mutant(
        "who waits on a broken pool stops the room",
        WAITLIST + "test_who_waits_on_a_broken_pool_does_not_stop_the_room",
        lua(
            "reclaim",
            "  if set_aside(its_hold) then return false end\n",
            "  if its_hold[STATE] == 'held' and set_aside(its_hold) then return false end\n",
        ),
    ),
    mutant(
        "a waitlist is served while its sale is paused",
        WAITLIST + "test_a_paused_sale_serves_nobody_until_it_goes_on",
        lua("waitlist", "(record.available > 0 and not record.paused)", "(record.available > 0)"),
    ),
    mutant(
        "an offer takes its unit without counting it against the buyer's limit",
        TWINS,
        lua(
            "prelude",
            "  OFFERED = {state = 'held', from = 'available', to = 'held', counted = 1},",
            "  OFFERED = {state = 'held', from = 'available', to = 'held', counted = 0},",
        ),
    ),
    mutant(
        "a batch does not tell the outbox of its holds",
        TWINS,
        lua("reserve", "if made > 0 then tell_packed(", "if false then tell_packed("),
    ),
]

"""What every provider has in common."""

from inventory.payments.port import new_checkout_id

SEEN = 400


def test_nobody_can_guess_the_address_of_a_payment() -> None:
    """Long, and at every place anything may stand: those seen say nothing of the next."""
    ids = [new_checkout_id().removeprefix("co_") for _ in range(SEEN)]
    assert len(set(ids)) == SEEN
    assert {len(each) for each in ids} == {32}  # 192 bits
    assert min(len(set(letters)) for letters in zip(*ids, strict=True)) > 32

"""Likes are counted per worker and published as one delta per pulse. Pure."""


class LikeCounter:
    """Likes pressed since the last `take`, by room; at most one number per open room."""

    def __init__(self) -> None:
        self._pressed: dict[str, int] = {}

    def add(self, room_id: str, count: int) -> None:
        self._pressed[room_id] = self._pressed.get(room_id, 0) + count

    def take(self) -> dict[str, int]:
        """The counts so far, which start again at nothing."""
        pressed, self._pressed = self._pressed, {}
        return pressed

"""Load for a running server: buyers over WebSocket, and an oracle that checks the promises."""

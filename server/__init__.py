"""The only package that opens sockets, reads settings and wires rooms and inventory together."""

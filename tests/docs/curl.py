"""As much of curl as the tutorial uses, for machines that have none."""

import argparse
import sys

import httpx

NOT_CONNECTED, REFUSED = 7, 22  # curl's own exit statuses


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="curl")
    parser.add_argument("-s", "-S", action="store_true")
    parser.add_argument("-f", action="store_true")
    parser.add_argument("-w", default="")
    parser.add_argument("-X", default="GET")
    parser.add_argument("-H", action="append", default=[])
    parser.add_argument("-d")
    parser.add_argument("url")
    options = parser.parse_args(arguments)
    # h11 refuses the space that "Bearer " ends with where a shell's token is still empty.
    headers = {name: value.strip() for name, value in (line.split(":", 1) for line in options.H)}
    try:
        answer = httpx.request(
            options.X, options.url, headers=headers, content=options.d, timeout=10, trust_env=False
        )
    except httpx.TransportError as error:
        sys.stderr.write(f"curl: ({NOT_CONNECTED}) {error}\n")
        return NOT_CONNECTED
    if options.f and answer.is_error:
        return REFUSED
    sys.stdout.write(answer.text + options.w.replace("\\n", "\n"))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

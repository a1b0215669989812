"""``triage desk``: open the desk, the page that staff work from."""

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from triage.cli import desk_accounts, desk_data
from triage.cli.desk_place import (
    DATABASE,
    FOLDER,
    DeskPlace,
    check_libraries,
    choose_place,
    default_folder,
    open_place,
    show_step,
)
from triage.errors import ConfigError, DataError

if TYPE_CHECKING:
    from triage.desk.intake.reader_process import ReaderProcess
    from triage.web.server import Address

SAMPLE_FOLDER = Path("out") / "desk"

desk = typer.Typer(invoke_without_command=True)
desk.add_typer(desk_accounts.user, name="user")
desk.add_typer(desk_accounts.token, name="token")
desk.command("verify-audit")(desk_data.verify_audit)
desk.command("backup")(desk_data.backup)
desk.command("restore")(desk_data.restore)
desk.command("export-labels")(desk_data.export_labels)
desk.command("upgrade")(desk_data.upgrade)

HOST = Annotated[str, typer.Option(envvar="TRIAGE_DESK_HOST", help="Address to listen on.")]
PORT = Annotated[int, typer.Option(envvar="TRIAGE_DESK_PORT", min=0, max=65535, help="0: any.")]
CERT = Annotated[
    Path | None,
    typer.Option(envvar="TRIAGE_DESK_TLS_CERT", metavar="FILE", help="Certificate, for https."),
]
KEY = Annotated[
    Path | None, typer.Option(envvar="TRIAGE_DESK_TLS_KEY", metavar="FILE", help="Its key.")
]
BEHIND_TLS = Annotated[
    bool,
    typer.Option(
        "--behind-tls",
        envvar="TRIAGE_DESK_BEHIND_TLS",
        help="A proxy before it speaks https with the browsers.",
    ),
]
WATCH = Annotated[
    Path | None,
    typer.Option(
        envvar="TRIAGE_DESK_WATCH", metavar="DIR", help="A folder whose files are taken in."
    ),
]
MODEL = Annotated[
    Path | None,
    typer.Option(
        envvar="TRIAGE_MODEL", help="Model folder, champion or default. Default: the model in use."
    ),
]
SAMPLE = Annotated[
    bool,
    typer.Option("--sample", help="A desk to try, in out/desk: made-up complaints and accounts."),
]


@desk.callback()
def start(
    ctx: typer.Context,
    database: DATABASE = None,
    folder: FOLDER = None,
    host: HOST = "127.0.0.1",
    port: PORT = 8000,
    tls_cert: CERT = None,
    tls_key: KEY = None,
    behind_tls: BEHIND_TLS = False,
    watch: WATCH = None,
    model: MODEL = None,
    sample: SAMPLE = False,
) -> None:
    """Open the desk: the page in the browser that staff work from.

    Example: triage desk --database postgresql://desk@localhost/desk --watch /srv/incoming
    """
    if ctx.invoked_subcommand is not None:
        if database or folder:
            raise ConfigError(
                [f"name --database and --folder behind {ctx.invoked_subcommand}, not before it"]
            )
        return
    check_libraries()
    from triage.web.server import Address

    address = Address(host, port, tls_cert, tls_key, behind_tls=behind_tls)
    address.check()
    if watch is not None and not watch.is_dir():
        raise DataError("is no folder: name one that is there, to be watched", path=watch)
    default = SAMPLE_FOLDER if sample else default_folder()
    place = choose_place(database, folder, default=default)
    _open(place, address, watch=watch, model=model, sample=sample)


def _open(
    place: DeskPlace, address: "Address", *, watch: Path | None, model: Path | None, sample: bool
) -> None:
    from triage.cli.desk_beginning import add_first_admin, prepare_sample, show_passwords
    from triage.web.app import WebSettings, build_app
    from triage.web.server import serve

    with (
        address.listening() as listener,
        open_place(place, upgrade=True) as database,
        closing(_build_reader(model)) as reader,
    ):
        place.prepare()
        reader.start()
        passwords = prepare_sample(database, reader) if sample else add_first_admin(database)
        settings = WebSettings(
            tls=address.is_tls, watch=watch, spool=place.spool, hosts=address.hosts
        )
        app = build_app(database, reader, settings=settings)
        typer.echo(f"The desk is open: {address.shown(listener)}   (Ctrl-C closes it)")
        typer.echo("डेस्क खुल गया है: ऊपर का पता ब्राउज़र में खोलें।")
        show_passwords(passwords)
        serve(app, address, listener)
    typer.echo("The desk is closed.")


def _build_reader(model: Path | None) -> "ReaderProcess":
    from triage.default_model import prepare_model
    from triage.desk.intake.reader_process import build_reader_process
    from triage.persistence import read_manifest, short_hash

    found = prepare_model(model, progress=show_step)
    return build_reader_process(found, f"{read_manifest(found).name} {short_hash(found)}")

"""`tocsin oncall preview`: whose shifts a changed configuration file would move, told on the command line."""

from pathlib import Path

from click.testing import CliRunner

from app import main

WORLD = """
users:
  kate: {name: Kate Moreau, role: owner}
  sam: {name: Sam Okafor}
schedules:
  filed:
    name: Payments on call
    rotations: [{starts: "2020-11-02T09:00", participants: [%s]}]
"""


def preview(tmp_path: Path, participants: str) -> str:
    path = tmp_path / "tocsin.yaml"
    path.write_text(WORLD % participants)
    CliRunner().invoke(main, ["migrate", "--data-dir", str(tmp_path)])
    result = CliRunner().invoke(main, ["oncall", "preview", str(path), "--data-dir", str(tmp_path)])
    assert result.exit_code == 0, result.output
    return result.output


def test_it_tells_whose_shifts_move_and_keeps_nothing(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.delenv("TOCSIN_DATABASE_URL", raising=False)
    first = preview(tmp_path, "kate")
    assert first.startswith("Payments on call, in the next 60 days:")
    assert "Kate Moreau instead of nobody" in first
    assert preview(tmp_path, "kate") == first, "nothing was kept"


def test_a_wrong_file_is_told_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "tocsin.yaml"
    path.write_text(WORLD % "kat")
    CliRunner().invoke(main, ["migrate", "--data-dir", str(tmp_path)])
    result = CliRunner().invoke(main, ["oncall", "preview", str(path), "--data-dir", str(tmp_path)])
    assert result.exit_code == 1
    assert "there is no user `kat`" in result.output

"""Reading a manifest: what is no manifest is refused with its line, whatever it does to a reader of YAML."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.errors import DomainError, InvalidInputError
from manifests.reading import MOST_BYTES, UnreadableError, checked_manifest, line_of, read_object
from manifests.writing import dumped


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a: 1\nb: 2\na: 3", 3),
        ("a:\n  - {b: 1, b: 2}", 2),
        ("a: [1, 2", 2),
        ("a: !!python/object/apply:os.system [ls]", 1),
        ("a: !!binary aGFsbG8=", 1),
        ("a: 2026-01-01", 1),
        ("a: 1\n---\nb: 2", 2),
        ("a: &a [*a]", 1),
        ("\n\na: *nowhere", 3),
        ("1: 2", 1),
        ("? [a]\n: b", 1),
        ("[1, 2]", 1),
        ("just text", 1),
        ("a: " + "[" * 10_000, 1),
        ("- " * 10_000, 1),
        ("a: " + "{a: " * 200, 1),
        ("a: \x00", 0),
        ("a: \ud800".encode("utf-8", "surrogatepass"), 0),
        (b"\xff\xfe\xff", 0),
        (b"a" * (MOST_BYTES + 1), 0),
        ("a: &x {b: 1}\nc:\n  <<: 7", 3),
        ('a: "\\0"', 1),
        ("a: " + "9" * 5000, 1),
    ],
    ids=lambda each: str(each)[:20],
)
def test_what_is_no_manifest_is_refused(text: str | bytes, line: int) -> None:
    with pytest.raises(UnreadableError) as refusal:
        read_object(text if isinstance(text, bytes) else text.encode())
    assert refusal.value.line == line
    assert refusal.value.way_out


def test_anchors_cannot_multiply_without_end() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    with pytest.raises(UnreadableError):
        read_object("\n".join(lines).encode())


def test_anchors_and_merges_are_understood() -> None:
    text = "base: &base {a: 1, b: 2}\nown:\n  <<: *base\n  b: 3\nboth:\n  <<: [{a: 9}, *base]"
    data, lines = read_object(text.encode())
    assert data["own"] == {"a": 1, "b": 3}
    assert data["both"] == {"a": 9, "b": 2}
    assert lines["own", "b"] == 4


def test_nothing_is_an_empty_manifest() -> None:
    for text in (b"", b"# only a remark\n", b"{}"):
        assert checked_manifest(read_object(text)[0]).given()["load_balancers"] == []


@pytest.mark.parametrize(
    ("data", "field", "hint"),
    [
        ({"load_balancer": []}, "load_balancer", "load_balancers"),
        ({"server_groups": [{"name": "a", "server": []}]}, "server_groups.0.server", "servers"),
        ({"load_balancers": [{"name": "a"}]}, "load_balancers.0.bind_address", ""),
        ({"load_balancers": {}}, "load_balancers", ""),
        ({"version": 2}, "version", ""),
        (
            {"load_balancers": [{"name": "a", "bind_address": "::1", "listeners": [{"port": "x"}]}]},
            "load_balancers.0.listeners.0.port",
            "",
        ),
        (
            {
                "load_balancers": [
                    {"name": "a", "bind_address": "::1", "listeners": [{"port": 1, "certificate_id": ""}]}
                ]
            },
            "load_balancers.0.listeners.0.certificate_id",
            "certificate",
        ),
    ],
)
def test_a_fault_is_named_by_its_place(data: object, field: str, hint: str) -> None:
    with pytest.raises(InvalidInputError) as refusal:
        checked_manifest(data)
    assert refusal.value.field == field
    assert hint in refusal.value.way_out


def test_a_place_that_is_missing_has_the_line_of_what_is_around_it() -> None:
    _data, lines = read_object(b"a:\n  - b: 1\n    c: 2\n  - d: 3")
    assert [line_of(field, lines) for field in ("a.1.d", "a.0.x.y", "z", "")] == [4, 2, 1, 1]


plain = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(min_size=1, max_size=8), inner, max_size=3),
    max_leaves=12,
)


@given(st.dictionaries(st.text(min_size=1, max_size=8), plain, max_size=4))
def test_what_is_written_reads_back(data: dict[str, object]) -> None:
    text = dumped(data).encode("utf-8", "surrogatepass")
    try:
        read, _lines = read_object(text)
    except UnreadableError:
        assert any(mark in text.decode("utf-8", "replace") for mark in ("\\0", "\\uD", "\ufffd", "\\uF"))
    else:
        assert read == data


@given(st.binary(max_size=200) | st.text(alphabet="{}[]:-&*a !|>'\"\n#?,<\t", max_size=60).map(str.encode))
def test_whatever_is_read_is_refused_or_understood(text: bytes) -> None:
    try:
        data, _lines = read_object(text)
        checked_manifest(data)
    except DomainError:
        return
    assert isinstance(data, dict)

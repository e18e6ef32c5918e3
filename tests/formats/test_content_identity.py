"""What hashes say about the bytes of files."""

import hashlib
import random

import pytest

from raincore.formats import content_identity
from raincore.formats.content_identity import Verdict, compare, identities
from tests.formats import samples

P = 16


def v1(*files, salt=b""):
    """Files of (name, bytes) in pieces of 16 bytes; None for padding up to the next piece."""
    content = b""
    listed = []
    for name, data in files:
        is_padding = data is None
        data = bytes(-len(content) % P) if is_padding else data
        listed.append(
            {"length": len(data), "path": [name], **({"attr": "p"} if is_padding else {})}
        )
        content += data
    pieces = b"".join(
        hashlib.sha1(content[start : start + P] + salt).digest()
        for start in range(0, len(content), P)
    )
    return samples.parsed({"name": "dir", "piece length": P, "files": listed, "pieces": pieces})


def verdict(old, new, name="f"):
    """Compare the file of that name in both."""
    one, other = (
        next(i for i in identities(info) if i.entry.path[-1] == name) for info in (old, new)
    )
    assert compare(one, other) is compare(other, one)
    return compare(one, other)


A, B = bytes(range(16)), bytes(range(100, 116))


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        # Alone, or filled up by padding: the hashes settle it.
        ([("f", A + B)], [("f", A + B)], Verdict.SAME),
        ([("f", A + b"x")], [("f", A + b"x")], Verdict.SAME),
        ([("f", A + b"x")], [("f", A + b"y")], Verdict.DIFFERENT),
        ([("f", b"x"), ("p", None), ("g", A)], [("f", b"x"), ("p", None)], Verdict.SAME),
        ([("f", b"x"), ("p", None), ("g", A)], [("f", b"y"), ("p", None)], Verdict.DIFFERENT),
        ([("f", b"x"), ("e", b""), ("p", None)], [("f", b"y"), ("p", None)], Verdict.DIFFERENT),
        # Other lengths differ whatever the hashes.
        ([("f", A)], [("f", A + b"x")], Verdict.DIFFERENT),
        ([("f", b"")], [("f", b"")], Verdict.SAME),
        # A last piece that ends is not to be compared with one that is padded.
        ([("f", A + b"x")], [("f", A + b"x"), ("p", None)], Verdict.UNKNOWN),
        ([("f", A + b"x")], [("f", B + b"x"), ("p", None)], Verdict.DIFFERENT),
        # What shares pieces with others: proven if all of them are the same.
        ([("a", b"1"), ("f", A + B)], [("a", b"1"), ("f", A + B)], Verdict.SAME),
        ([("a", b"1"), ("f", A + B)], [("a", b"2"), ("f", A + B)], Verdict.UNKNOWN),
        ([("a", b"1"), ("f", A + B)], [("a", b"1"), ("f", B + B)], Verdict.DIFFERENT),
        ([("a", b"1"), ("f", A)], [("a", b"1"), ("f", B)], Verdict.DIFFERENT),  # its last byte
        ([("a", b"1"), ("f", A), ("g", A)], [("a", b"1"), ("f", B), ("g", A)], Verdict.UNKNOWN),
        ([("f", A + b"x"), ("g", A)], [("f", A + b"x"), ("g", B)], Verdict.UNKNOWN),
        ([("f", A + b"x"), ("g", A)], [("f", B + b"x"), ("g", A)], Verdict.DIFFERENT),
        ([("f", A + b"x"), ("g", A)], [("f", A + b"x")], Verdict.UNKNOWN),
        # Shifted against the pieces, nothing can be known.
        ([("a", b"1"), ("f", A)], [("a", b"12"), ("f", A)], Verdict.UNKNOWN),
        ([("a", b"1"), ("f", A)], [("a", A + b"1"), ("f", A)], Verdict.SAME),
    ],
)
def test_v1_files_are_compared_by_the_pieces_that_cover_them(old, new, expected):
    assert verdict(v1(*old), v1(*new)) is expected


def test_other_piece_lengths_say_nothing():
    one = samples.parsed(samples.v1_single())
    other = samples.parsed(samples.v1_single(**{"piece length": 32}, pieces=bytes(20)))
    assert compare(identities(one)[0], identities(other)[0]) is Verdict.UNKNOWN


def test_roots_settle_it_whatever_the_piece_length():
    tree = {"a": {"": {"length": 20_000, "pieces root": samples.ROOT}}}
    one = samples.parsed(samples.v2_multi())
    other = samples.parsed(samples.v2_multi(**{"file tree": tree, "piece length": 32768}))
    assert verdict(one, other, "a") is Verdict.SAME
    tree["a"][""]["pieces root"] = samples.OTHER_ROOT
    assert verdict(one, samples.parsed(samples.v2_multi(**{"file tree": tree})), "a") is (
        Verdict.DIFFERENT
    )


def test_v1_and_v2_can_be_compared_through_a_hybrid_only():
    hybrid, v2 = samples.parsed(samples.hybrid()), samples.parsed(samples.v2_multi())
    flat = samples.hybrid()
    for key in ("file tree", "meta version"):
        del flat[key]
    v1_only = samples.parsed(flat)
    assert verdict(hybrid, v2, "a") is Verdict.SAME
    assert verdict(hybrid, v1_only, "a") is Verdict.SAME
    assert verdict(v2, v1_only, "a") is Verdict.UNKNOWN
    assert verdict(v2, v1_only, "b") is Verdict.SAME  # empty


def test_symlinks_are_compared_by_their_target():
    def linking(target):
        link = {"length": 0, "path": ["l"], "attr": "l", "symlink path": [target]}
        return samples.parsed(
            samples.v1_multi(
                files=[link, {"length": 25, "path": ["a"]}, {"length": 0, "path": ["b"]}]
            )
        )

    assert verdict(linking("a"), linking("a"), "l") is Verdict.SAME
    assert verdict(linking("a"), linking("b"), "l") is Verdict.DIFFERENT
    plain = samples.parsed(
        samples.v1_multi(files=[{"length": 25, "path": ["a"]}, {"length": 0, "path": ["l"]}])
    )
    assert verdict(linking("a"), plain, "l") is Verdict.DIFFERENT


def test_padding_is_no_file():
    assert [i.entry.path[-1] for i in identities(v1(("f", b"x"), ("p", None), ("g", A)))] == [
        "f",
        "g",
    ]


def test_only_hashes_of_the_file_alone_are_exact():
    info = v1(("a", A), ("b", b"x"), ("c", A), ("d", b"y"))
    assert [i.is_v1_exact for i in identities(info)] == [True, False, False, False]
    assert [i.is_v1_exact for i in identities(v1(("a", A), ("b", b"x"), ("p", None)))] == [
        True,
        True,
    ]


def test_proofs_and_verdicts_agree(seed):
    """On random contents of two letters, so that much is the same by chance."""
    rng = random.Random(seed)
    seen = set()

    def contents():
        files = []
        for number in range(rng.randrange(1, 5)):
            files.append((f"{number}", rng.choice([A, B, A + B, b"x", b"", A + b"x", b"yx" * 9])))
            if rng.random() < 0.5:
                files.append((f"p{number}", None))
        return files

    for _ in range(300):
        old, new = contents(), contents()
        bytes_of = [dict(old), dict(new)]
        for one in identities(v1(*old)):
            for other in identities(v1(*new)):
                found = compare(one, other)
                seen.add(found)
                same = bytes_of[0][one.entry.path[-1]] == bytes_of[1][other.entry.path[-1]]
                assert found is Verdict.UNKNOWN or (found is Verdict.SAME) == same
                if set(one.proofs()) & set(other.proofs()):
                    assert found is Verdict.SAME
    assert seen == set(Verdict)
    assert content_identity.HASH_LENGTH == 20

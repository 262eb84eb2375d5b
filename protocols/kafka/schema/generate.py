#!/usr/bin/env python3
"""Turns *.schema declarations into C++ message structs with encode and decode for every version.

    generate.py OUTPUT_FOLDER FILE.schema ...      (messages: one .hpp and one .cpp per file, api_table.inc for all)

A declaration:

    api KEY NAME            versions FIRST-LAST            flexible FIRST+ | none
    request { FIELD ... }   response { FIELD ... }

    FIELD   name TYPE VERSIONS [nullable VERSIONS] [tag NUMBER VERSIONS] [= DEFAULT] [{ FIELD ... }]
    TYPE    bool int8 int16 uint16 int32 int64 float64 string uuid bytes records, NAME of a structure (its
            fields follow in braces), or [] before any of these
    VERSIONS  3+ or 2-7 or 4

A field outside its versions keeps its default when decoded and is left out when encoded.
"""
import re
import sys
from dataclasses import dataclass, field
from pathlib import Path

INTEGERS = {"int8": "std::int8_t", "int16": "std::int16_t", "uint16": "std::uint16_t",
            "int32": "std::int32_t", "int64": "std::int64_t"}
SCALARS = {**INTEGERS, "bool": "bool", "float64": "double", "uuid": "uuid"}
OWNED = {"string": "std::string", "bytes": "std::string_view", "records": "record_data"}
MAX_VERSION = 32767


@dataclass
class Versions:
    first: int
    last: int

    @staticmethod
    def parse(text):
        if text == "none":
            return Versions(1, 0)
        if text.endswith("+"):
            return Versions(int(text[:-1]), MAX_VERSION)
        first, _, last = text.partition("-")
        return Versions(int(first), int(last or first))

    def within(self, other):
        return Versions(max(self.first, other.first), min(self.last, other.last))

    def covers(self, other):
        return self.first <= other.first and other.last <= self.last

    def empty(self):
        return self.first > self.last

    def test(self, valid):
        """C++ condition that `version`, known to be in `valid`, is in these versions; '' when always."""
        tests = []
        if self.first > valid.first:
            tests.append(f"version >= {self.first}")
        if self.last < valid.last:
            tests.append(f"version <= {self.last}")
        return " && ".join(tests)


@dataclass
class Field:
    name: str
    kind: str
    array: bool
    versions: Versions
    nullable: Versions
    tag: int | None
    tag_versions: Versions
    default: str | None
    fields: list = field(default_factory=list)

    @property
    def is_struct(self):
        return self.kind not in SCALARS and self.kind not in OWNED

    def element_type(self):
        return SCALARS.get(self.kind) or OWNED.get(self.kind) or self.kind

    def cpp_type(self):
        inner = self.element_type()
        if self.array:
            inner = f"std::vector<{inner}>"
        return f"std::optional<{inner}>" if not self.nullable.empty() else inner

    def initializer(self):
        if not self.nullable.empty():
            if self.default == "null":
                return ""
            return "{std::in_place}"
        if self.default is None or self.default == '""':
            return "{}"
        if self.kind == "string":
            return f' = "{self.default}"'
        if self.kind == "int64":
            return f" = {self.default}LL"
        return f" = {self.default}"


@dataclass
class Api:
    key: int
    name: str
    versions: Versions
    flexible: Versions
    request: list
    response: list


class ParseError(Exception):
    pass


def parse_field(line):
    match = re.fullmatch(
        r"(\w+) (\[\])?(\w+) (\S+)(?: nullable (\S+))?(?: tag (\d+) (\S+))?(?: = (\S+))?( \{)?", line)
    if not match:
        raise ParseError(f"cannot read field: {line}")
    name, array, kind, versions, nullable, tag, tag_versions, default, opens = match.groups()
    one = Field(name, kind, bool(array), Versions.parse(versions), Versions.parse(nullable or "none"),
                int(tag) if tag else None, Versions.parse(tag_versions or "none"), default)
    if one.is_struct != bool(opens):
        raise ParseError(f"only structures have fields in braces: {line}")
    return one


def parse(path):
    header, sections, stack = {}, {}, []
    for number, raw in enumerate(path.read_text().splitlines(), 1):
        line = raw.split("#")[0].strip()
        if not line:
            continue
        try:
            if line == "}":
                stack.pop()
            elif line in ("request {", "response {"):
                sections[line[:-2]] = []
                stack.append(sections[line[:-2]])
            elif stack:
                one = parse_field(line)
                stack[-1].append(one)
                if one.is_struct:
                    stack.append(one.fields)
            else:
                word, _, rest = line.partition(" ")
                header[word] = rest
        except (ParseError, IndexError, ValueError) as problem:
            raise SystemExit(f"{path}:{number}: {problem}")
    if stack or set(sections) != {"request", "response"}:
        raise SystemExit(f"{path}: needs a closed request and a closed response")
    key, name = header["api"].split()
    return Api(int(key), name, Versions.parse(header["versions"]), Versions.parse(header["flexible"]),
               sections["request"], sections["response"])


class Writer:
    def __init__(self):
        self.lines, self.depth = [], 0

    def __call__(self, text=""):
        self.lines.append("    " * self.depth + text if text else "")

    def open(self, text):
        self(text + " {")
        self.depth += 1

    def close(self, tail=""):
        self.depth -= 1
        self("}" + tail)


def declare_struct(out, name, fields, top=None):
    out.open(f"struct {name}")
    if top:
        out(top)
    done = set()
    for one in fields:
        if one.is_struct and one.kind not in done:
            done.add(one.kind)
            declare_struct(out, one.kind, one.fields)
    for one in fields:
        out(f"{one.cpp_type()} {one.name}{one.initializer()};")
    out(f"bool operator==({name} const&) const = default;")
    out.close(";")


def qualified(path):
    return "::".join(path)


class Codec:
    def __init__(self, out, api, valid):
        self.out, self.api, self.valid = out, api, valid
        self.flexible_test = api.flexible.within(valid)

    def flex(self):
        if self.flexible_test.empty():
            return "false"
        return self.flexible_test.test(self.valid) or "true"

    def tagged(self, fields):
        return [f for f in fields if f.tag is not None]

    def is_tagged(self, one):
        """Versions in which the field travels as a tagged field."""
        return one.tag_versions.within(self.valid) if one.tag is not None else Versions(1, 0)

    def plain_condition(self, one):
        """(exists, condition) for the field's place among the untagged ones."""
        present = one.versions.within(self.valid)
        if present.empty():
            return False, ""
        tagged = self.is_tagged(one)
        if not tagged.empty():
            if tagged.covers(present):
                return False, ""
            present = Versions(present.first, min(present.last, tagged.first - 1))
        return True, present.test(self.valid)

    # -- decoding
    def decode_struct(self, path, fields):
        done = set()
        for one in fields:
            if one.is_struct and one.kind not in done:
                done.add(one.kind)
                self.decode_struct(path + [one.kind], one.fields)
        out = self.out
        out.open(f"void decode_fields(wire_reader& in, {qualified(path)}& into, [[maybe_unused]] int version)")
        out(f"[[maybe_unused]] bool const flexible = {self.flex()};")
        for one in fields:
            exists, condition = self.plain_condition(one)
            if exists:
                out.open(f"if ({condition})") if condition else out.open("if (true)")
                self.decode_value(path, one, f"into.{one.name}")
                out.close()
        if not self.flexible_test.empty():
            self.decode_tags(path, fields)
        out.close()
        out()

    def decode_tags(self, path, fields):
        out = self.out
        out.open("if (flexible)")
        out.open("for (auto left = in.tag_count(); left > 0 && in.ok(); --left)")
        out("auto field = in.next_tag();")
        out.open("switch (field.number)")
        for one in self.tagged(fields):
            tagged = self.is_tagged(one)
            if tagged.empty():
                continue
            condition = tagged.test(self.valid)
            out.open(f"case {one.tag}:")
            if condition:
                out(f"if (!({condition})) {{ in.skip_tag(field); break; }}")
            self.decode_value(path, one, f"into.{one.name}")
            out("in.finish_tag(field);")
            out("break;")
            out.close()
        out("default: in.skip_tag(field);")
        out.close()
        out.close()
        out.close()

    def nullable_expression(self, one):
        nullable = one.nullable.within(self.valid)
        if nullable.empty():
            return "false"
        return nullable.test(self.valid) or "true"

    def decode_value(self, path, one, target):
        out, nullable = self.out, self.nullable_expression(one)
        if one.array:
            out(f"auto count = in.array(flexible, {nullable});")
            if not one.nullable.empty():
                out.open("if (!count)")
                out(f"{target}.reset();")
                out.depth -= 1
                out.open("} else")
                out(f"{target}.emplace();")
                inner = f"(*{target})"
            else:
                out.open("if (count)")
                inner = target
            out.open("for (auto left = *count; left > 0 && in.ok(); --left)")
            if one.is_struct:
                out(f"decode_fields(in, {inner}.emplace_back(), version);")
            else:
                out(f"{inner}.push_back({self.scalar(one, 'false', unwrap=True)});")
            out.close()
            out.close()
        elif one.is_struct:
            if not one.nullable.empty():
                out.open("if (in.present())")
                out(f"decode_fields(in, {target}.emplace(), version);")
                out.depth -= 1
                out.open("} else")
                out(f"{target}.reset();")
                out.close()
            else:
                out(f"decode_fields(in, {target}, version);")
        else:
            out(f"{target} = {self.scalar(one, nullable, unwrap=one.nullable.empty())};")

    def scalar(self, one, nullable, unwrap):
        if one.kind in INTEGERS:
            return f"in.integer<{INTEGERS[one.kind]}>()"
        if one.kind in SCALARS:
            return {"bool": "in.boolean()", "float64": "in.float64()", "uuid": "in.uuid_value()"}[one.kind]
        call = f"in.{one.kind}(flexible, {nullable})"
        return "*" + call if unwrap else call

    # -- encoding
    def encode_struct(self, path, fields):
        done = set()
        for one in fields:
            if one.is_struct and one.kind not in done:
                done.add(one.kind)
                self.encode_struct(path + [one.kind], one.fields)
        out = self.out
        out.open(f"void encode_fields(wire_writer& out, {qualified(path)} const& from, [[maybe_unused]] int version)")
        out(f"[[maybe_unused]] bool const flexible = {self.flex()};")
        for one in fields:
            exists, condition = self.plain_condition(one)
            if exists:
                out.open(f"if ({condition})") if condition else out.open("if (true)")
                self.encode_value(one, f"from.{one.name}", "out")
                out.close()
        if not self.flexible_test.empty():
            self.encode_tags(path, fields)
        out.close()
        out()

    def encode_tags(self, path, fields):
        out = self.out
        present = [f for f in sorted(self.tagged(fields), key=lambda f: f.tag) if not self.is_tagged(f).empty()]
        out.open("if (flexible)")
        if not present:
            out("out.unsigned_varint(0);")
            out.close()
            return
        out(f"static {qualified(path)} const defaults{{}};")
        for one in present:
            condition = self.is_tagged(one).test(self.valid)
            test = f"!(from.{one.name} == defaults.{one.name})"
            out(f"bool const has_{one.name} = {condition + ' && ' if condition else ''}{test};")
        out("out.unsigned_varint(" + " + ".join(f"std::uint32_t{{has_{f.name}}}" for f in present) + ");")
        for one in present:
            out.open(f"if (has_{one.name})")
            out("wire_writer body;")
            self.encode_value(one, f"from.{one.name}", "body")
            out(f"out.tag({one.tag}, body.flat());")
            out.close()
        out.close()

    def encode_value(self, one, source, writer):
        out = self.out
        value = source
        null = {True: "null_array", False: {"string": "null_string"}.get(one.kind, "null_bytes")}[one.array]
        if not one.nullable.empty():
            value = f"(*{source})"
            nullable = self.nullable_expression(one)
            if one.is_struct and not one.array:
                out.open(f"if (!{source})")
                out(f"{writer}.integer(std::int8_t{{-1}});")
                out.depth -= 1
                out.open("} else")
                out(f"{writer}.integer(std::int8_t{{1}});")
            elif nullable == "false":
                out.open(f"if (!{source})")
                empty = f"{writer}.array(0, flexible);" if one.array else f"{writer}.{one.kind}({{}}, flexible);"
                out(empty)
                out.depth -= 1
                out.open("} else")
            else:
                # Where this version has no null, an absent value travels as an empty one.
                empty = f"{writer}.array(0, flexible)" if one.array else f"{writer}.{one.kind}({{}}, flexible)"
                out.open(f"if (!{source})")
                if nullable == "true":
                    out(f"{writer}.{null}(flexible);")
                else:
                    out(f"if ({nullable}) {writer}.{null}(flexible);")
                    out(f"else {empty};")
                out.depth -= 1
                out.open("} else")
        if one.array:
            out(f"{writer}.array({value}.size(), flexible);")
            out.open(f"for (auto const& element : {value})")
            self.encode_element(one, "element", writer)
            out.close()
        else:
            self.encode_element(one, value, writer)
        if not one.nullable.empty():
            out.close()

    def encode_element(self, one, value, writer):
        if one.is_struct:
            self.out(f"encode_fields({writer}, {value}, version);")
        elif one.kind in INTEGERS:
            self.out(f"{writer}.integer({value});")
        elif one.kind in SCALARS:
            call = {"bool": "boolean", "float64": "float64", "uuid": "uuid_value"}[one.kind]
            self.out(f"{writer}.{call}({value});")
        else:
            self.out(f"{writer}.{one.kind}({value}, flexible);")


def messages(api):
    return ((f"{api.name}_request", api.request), (f"{api.name}_response", api.response))


def header_text(api, source):
    out = Writer()
    out(f"// Generated from protocols/kafka/schema/{source}: edit that file instead.")
    out("#pragma once")
    out()
    for name in ("cstdint", "optional", "string", "string_view", "vector"):
        out(f"#include <{name}>")
    out()
    out('#include "protocols/kafka/wire/primitives.hpp"')
    out()
    out("namespace sluice::kafka {")
    for name, fields in messages(api):
        out()
        declare_struct(out, name, fields)
        out(f"// `version` is one of {api.versions.first} to {api.versions.last}.")
        out(f"result<{name}> decode_{name}(wire_reader& in, int version);")
        out(f"void encode(wire_writer& out, {name} const& from, int version);")
    out()
    out("}  // namespace sluice::kafka")
    return "\n".join(out.lines) + "\n"


def source_text(api, source):
    out = Writer()
    out(f"// Generated from protocols/kafka/schema/{source}: edit that file instead.")
    out(f'#include "protocols/kafka/schema/{api.name}.hpp"')
    out()
    out("namespace sluice::kafka {")
    out("namespace {")
    out()
    codec = Codec(out, api, api.versions)
    for name, fields in messages(api):
        codec.decode_struct([name], fields)
        codec.encode_struct([name], fields)
    out("}  // namespace")
    for name, _ in messages(api):
        out()
        out.open(f"result<{name}> decode_{name}(wire_reader& in, int version)")
        out(f"{name} message;")
        out("decode_fields(in, message, version);")
        if name.endswith("_request"):
            # Kafka reads over what follows a request; librdkafka 2.16 sends some bytes too many in Metadata.
            out(f'if (!in.ok()) return failure{{error::malformed, "{name}: ends too early"}};')
        else:
            out(f'SLUICE_CHECK(in.finish("{name}"));')
        out("return message;")
        out.close()
        out()
        out(f"void encode(wire_writer& out, {name} const& from, int version) {{ encode_fields(out, from, version); }}")
    out()
    out("}  // namespace sluice::kafka")
    return "\n".join(out.lines) + "\n"


def write_if_changed(path, text):
    if not path.exists() or path.read_text() != text:
        path.write_text(text)


def main():
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    rows = []
    for path in sorted(map(Path, sys.argv[2:])):
        api = parse(path)
        if api.name != path.stem:
            raise SystemExit(f"{path}: declares {api.name}; the file is named after its API")
        write_if_changed(folder / f"{api.name}.hpp", header_text(api, path.name))
        write_if_changed(folder / f"{api.name}.cpp", source_text(api, path.name))
        flexible = api.flexible.first if not api.flexible.empty() else MAX_VERSION
        rows.append((api.key, f"SLUICE_KAFKA_API({api.key}, {api.name}, {api.versions.first}, {api.versions.last}, {flexible})"))
    table = ["// Generated from protocols/kafka/schema/*.schema: key, name, first and last version, first flexible version."]
    write_if_changed(folder / "api_table.inc", "\n".join(table + [row for _, row in sorted(rows)]) + "\n")


if __name__ == "__main__":
    main()

"""psql: its describing commands, variables of a script, \\copy, and errors as people see them."""
import uuid

from pg_case import PgCase, psql


class Psql(PgCase):
    def test_lists_tables(self):
        name = self.table("id int primary key, label varchar(7) not null default 'x'")
        self.assertIn(f"public|{name}|table|root", psql(f"\\dt {name}").split("\n"))
        self.assertIn(f"public|{name}|table|root", psql("\\d").split("\n"))
        shown = psql(f"\\d {name}", words=("-A",))  # with the index lines below
        self.assertIn("id|integer||not null|", shown)
        self.assertIn("label|character varying(7)||not null|'x'::character varying", shown)
        self.assertIn(f'"{name}_pkey" PRIMARY KEY, btree (id)', shown)
        missing = psql("\\d no_such_table", check=False)
        self.assertIn('Did not find any relation named "no_such_table".', missing.stderr)

    def test_lists_databases_schemas_and_roles(self):
        self.assertIn("sluice|root|UTF8|C.UTF-8|C.UTF-8", psql("\\l"))
        self.assertIn("public|", psql("\\dn"))
        self.assertTrue(any(line.startswith("root|") for line in psql("\\du").split("\n")))

    def test_aligned_output(self):
        shown = psql("select 1 as one, 'x' as two", words=())
        self.assertEqual(shown, " one | two \n-----+-----\n   1 | x\n(1 row)\n\n")

    def test_script_with_copy(self):
        name = self.table("a int primary key, b text")
        psql(script=f"copy {name} from stdin;\n1\tone\n2\t\\N\n\\.\n")
        self.assertEqual(psql(f"copy {name} to stdout"), "1\tone\n2\t\\N\n")
        self.assertEqual(psql(f"select * from {name} order by a"), "1|one\n2|\n")

    def test_errors_show_their_place(self):
        done = psql("select nothing", check=False)
        self.assertIn('ERROR:  column "nothing" does not exist\nLINE 1: select nothing\n               ^', done.stderr)

    def test_notices(self):
        name = "t_" + uuid.uuid4().hex[:12]
        done = psql(f"drop table if exists {name}", check=False)
        self.assertIn(f'NOTICE:  table "{name}" does not exist, skipping', done.stderr)

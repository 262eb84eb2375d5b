"""SQLAlchemy 2 with psycopg 3: reflection of what was made here, and the ORM over foreign keys and enums."""
import enum
import os
import unittest
import uuid

from psycopg.conninfo import conninfo_to_dict
from sqlalchemy import (Column, Enum, ForeignKey, ForeignKeyConstraint, Identity, Integer, MetaData, Numeric, String, Table,
                        UniqueConstraint, create_engine, event, func, inspect, select, text)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import DeclarativeBase, Session, mapped_column, relationship, selectinload


class Mood(enum.Enum):
    sad = "sad"
    ok = "ok"
    happy = "happy"


def make_engine(schema):
    given = conninfo_to_dict(os.environ["PG_DSN"])
    return create_engine("postgresql+psycopg://", connect_args={**given, "options": f"-c search_path={schema}"})


class SqlAlchemy(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.schema = "sa_" + uuid.uuid4().hex[:8]
        self.engine = make_engine(self.schema)
        with self.engine.begin() as connection:
            connection.execute(text(f"create schema {self.schema}"))
        self.addCleanup(self.clean)

    def clean(self):
        with self.engine.begin() as connection:
            connection.execute(text(f"drop schema {self.schema} cascade"))
        self.engine.dispose()

    def test_reflection(self):
        made = MetaData()
        Table("parent", made, Column("a", Integer, primary_key=True), Column("b", String(20), primary_key=True),
              Column("u", Integer, unique=True), comment="what others refer to")
        Table("child", made, Column("id", Integer, Identity(), primary_key=True), Column("a", Integer), Column("b", String(20)),
              Column("mood", Enum("sad", "ok", name="child_mood"), server_default="ok"),
              Column("n", Numeric(10, 2), nullable=False, index=True), Column("tags", ARRAY(String)), Column("j", JSONB),
              Column("u", Integer, ForeignKey("parent.u", name="child_u", deferrable=True, initially="DEFERRED")),
              ForeignKeyConstraint(["a", "b"], ["parent.a", "parent.b"], name="child_ab", onupdate="CASCADE",
                                   ondelete="SET NULL"),
              UniqueConstraint("a", "n", name="child_a_n"))
        made.create_all(self.engine)
        seen = inspect(self.engine)
        self.assertEqual(sorted(seen.get_table_names()), ["child", "parent"])
        self.assertEqual(seen.get_pk_constraint("parent")["constrained_columns"], ["a", "b"])
        keys = {each["name"]: each for each in seen.get_foreign_keys("child")}
        self.assertEqual(keys["child_ab"]["referred_columns"], ["a", "b"])
        self.assertEqual(keys["child_ab"]["options"], {"onupdate": "CASCADE", "ondelete": "SET NULL"})
        self.assertEqual(keys["child_u"]["options"], {"deferrable": True, "initially": "DEFERRED"})
        self.assertEqual([each["name"] for each in seen.get_indexes("child")], ["child_a_n", "ix_child_n"])
        self.assertEqual([each["name"] for each in seen.get_unique_constraints("child")], ["child_a_n"])
        self.assertEqual(seen.get_table_comment("parent")["text"], "what others refer to")
        self.assertEqual([(each["name"], each["labels"]) for each in seen.get_enums()], [("child_mood", ["sad", "ok"])])
        again = MetaData()
        again.reflect(self.engine)
        child = again.tables["child"]
        self.assertEqual(sorted(key.target_fullname for key in child.foreign_keys), ["parent.a", "parent.b", "parent.u"])
        self.assertEqual(child.c.mood.type.enums, ["sad", "ok"])
        self.assertEqual((child.c.n.type.precision, child.c.n.type.scale, child.c.n.nullable), (10, 2, False))
        again.drop_all(self.engine)
        self.assertEqual(inspect(self.engine).get_table_names(), [])

    def models(self):
        class Base(DeclarativeBase):
            pass

        class Team(Base):
            __tablename__ = "team"
            id = mapped_column(Integer, primary_key=True)
            name = mapped_column(String(30), unique=True)
            people = relationship("Person", back_populates="team", cascade="all, delete-orphan", passive_deletes=True)

        class Person(Base):
            __tablename__ = "person"
            id = mapped_column(Integer, primary_key=True)
            name = mapped_column(String)
            mood = mapped_column(Enum(Mood), default=Mood.ok)
            team_id = mapped_column(ForeignKey("team.id", ondelete="CASCADE"), nullable=False)
            boss_id = mapped_column(ForeignKey("person.id"))
            team = relationship(Team, back_populates="people")
            boss = relationship("Person", remote_side=[id])

        Base.metadata.create_all(self.engine)
        return Base, Team, Person

    def test_orm(self):
        base, team_of, person = self.models()
        with Session(self.engine) as session:
            red = team_of(name="red")
            ann = person(name="ann", team=red, mood=Mood.happy)
            session.add_all([red, ann, person(name="bob", team=red, boss=ann), team_of(name="blue")])
            session.commit()
            found = session.scalars(select(team_of).options(selectinload(team_of.people)).order_by(team_of.name)).all()
            self.assertEqual([(each.name, [one.name for one in each.people]) for each in found],
                             [("blue", []), ("red", ["ann", "bob"])])
            counted = session.execute(select(team_of.name, func.count(person.id)).outerjoin(person).group_by(team_of.name)
                                      .order_by(team_of.name)).all()
            self.assertEqual([tuple(row) for row in counted], [("blue", 0), ("red", 2)])
            self.assertEqual(session.scalars(select(person.name).where(person.mood > Mood.ok)).all(), ["ann"])
            self.assertEqual(session.scalars(select(person.mood).order_by(person.mood)).all(), [Mood.ok, Mood.happy])
            session.add(person(name="eve", team_id=99))
            with self.assertRaises(IntegrityError) as caught:
                session.commit()
            self.assertEqual(caught.exception.orig.diag.constraint_name, "person_team_id_fkey")
            session.rollback()
            with session.begin_nested():
                session.add(person(name="cid", team=found[0]))
            session.execute(insert(team_of).values(name="red").on_conflict_do_nothing())
            session.delete(session.scalar(select(team_of).where(team_of.name == "red")))
            session.commit()
            self.assertEqual(session.scalars(select(person.name)).all(), ["cid"])
        base.metadata.drop_all(self.engine)
        self.assertEqual(inspect(self.engine).get_enums(), [])

    def test_many_rows(self):
        base, team_of, person = self.models()
        statements = []
        event.listen(self.engine, "before_cursor_execute", lambda *given: statements.append(given[2]))
        with Session(self.engine) as session:
            session.add(team_of(id=1, name="all"))
            session.flush()
            session.add_all([person(name=f"p{n}", team_id=1, mood=list(Mood)[n % 3]) for n in range(2_000)])
            session.commit()
            self.assertLess(len(statements), 20)
            self.assertEqual(session.scalar(select(func.count()).select_from(person)), 2_000)
            by_mood = session.execute(select(person.mood, func.count()).group_by(person.mood).order_by(person.mood)).all()
            self.assertEqual([(row[0].name, row[1]) for row in by_mood], [("sad", 667), ("ok", 667), ("happy", 666)])
        base.metadata.drop_all(self.engine)


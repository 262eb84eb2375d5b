"""Django's migrations and ORM in a schema of their own; prints one line per finding. argv: the schema's name."""
import os
import sys

import django
from django.conf import settings
from psycopg.conninfo import conninfo_to_dict

SCHEMA = sys.argv[1]
given = conninfo_to_dict(os.environ["PG_DSN"])
settings.configure(
    SECRET_KEY="not secret",
    USE_TZ=True,
    INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "django.contrib.sessions", "django.contrib.admin",
                    "django.contrib.messages"],
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    DATABASES={"default": {
        "ENGINE": "django.db.backends.postgresql", "NAME": given["dbname"], "USER": given["user"],
        "PASSWORD": given.get("password", ""), "HOST": given["host"], "PORT": given["port"],
        "OPTIONS": {"options": f"-c search_path={SCHEMA}"}}},
)
django.setup()

from django.contrib.auth.models import Group, Permission, User  # noqa: E402
from django.contrib.contenttypes.models import ContentType  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import IntegrityError, connection, models, transaction  # noqa: E402
from django.db.models import Count, F, Q  # noqa: E402


class Author(models.Model):
    name = models.CharField(max_length=50, unique=True)

    class Meta:
        app_label = "messages"  # an application without models of its own


class Book(models.Model):
    title = models.CharField(max_length=100)
    author = models.ForeignKey(Author, on_delete=models.CASCADE, related_name="books")
    editor = models.ForeignKey(Author, on_delete=models.SET_NULL, null=True, related_name="edited")
    pages = models.PositiveIntegerField(default=0)
    price = models.DecimalField(max_digits=8, decimal_places=2)
    out = models.DateField(null=True)
    facts = models.JSONField(default=dict)
    tags = models.ManyToManyField("messages.Tag")

    class Meta:
        app_label = "messages"  # an application without models of its own
        constraints = [models.CheckConstraint(condition=Q(price__gte=0), name="price_not_negative")]
        indexes = [models.Index(fields=["author", "title"], name="book_author_title")]


class Tag(models.Model):
    word = models.SlugField(primary_key=True)

    class Meta:
        app_label = "messages"  # an application without models of its own


def tell(name, *what):
    print(name, *what)


def refused(action):
    try:
        with transaction.atomic():
            action()
            connection.check_constraints()
    except IntegrityError as refusal:
        return refusal.__cause__.diag.constraint_name, refusal.__cause__.sqlstate
    return None


def migrations():
    call_command("migrate", verbosity=0)
    tell("tables", sorted(connection.introspection.table_names()))
    tell("permissions", Permission.objects.count(), ContentType.objects.count())
    call_command("migrate", "admin", "zero", verbosity=0)
    call_command("migrate", "auth", "0008", verbosity=0)
    call_command("migrate", verbosity=0)
    with connection.cursor() as cursor:
        found = connection.introspection.get_relations(cursor, "auth_user_groups")
        tell("relations", sorted(found.items()))
        keys = connection.introspection.get_constraints(cursor, "auth_permission")
        tell("constraints", sorted((each["columns"], each["unique"], str(each["foreign_key"])) for each in keys.values()
                                   if each["columns"] and not each["check"]))


def users():
    group = Group.objects.create(name="editors")
    group.permissions.set(Permission.objects.filter(codename__startswith="add_"))
    user = User.objects.create_user("ann", "ann@example.com", "secret")
    user.groups.add(group)
    tell("has permission", user.has_perm("auth.add_user"), user.has_perm("auth.delete_user"))
    tell("twice", refused(lambda: User.objects.create_user("ann")))
    group.delete()
    tell("groups left", user.groups.count())


def own_models():
    with connection.schema_editor() as editor:
        for model in (Author, Tag, Book):
            editor.create_model(model)
    ann, bob = Author.objects.create(name="Ann"), Author.objects.create(name="Bob")
    Book.objects.bulk_create([Book(title=f"Book {n}", author=ann if n % 3 else bob, editor=bob, pages=n * 10, price=n,
                                   facts={"n": n}) for n in range(1, 11)])
    first = Book.objects.order_by("id").first()
    first.tags.set([Tag.objects.create(word="old"), Tag.objects.create(word="short")])
    tell("pages", list(Author.objects.annotate(pages=models.Sum("books__pages")).values_list("name", "pages").order_by("name")))
    tell("joined", list(Book.objects.filter(author__name="Bob", pages__gt=30).values_list("title", flat=True).order_by("id")))
    tell("json", Book.objects.filter(facts__n__gte=9).count())
    tell("tags", list(Tag.objects.annotate(n=Count("book")).values_list("word", "n").order_by("word")))
    Book.objects.filter(id=first.id).update(pages=F("pages") + 5)
    first.refresh_from_db()
    tell("updated", first.pages, first.price, first.facts)
    tell("no author", refused(lambda: Book.objects.create(title="x", author_id=999, price=1))[1])
    tell("negative", refused(lambda: Book.objects.create(title="x", author=ann, price=-1)))
    with transaction.atomic():
        locked = Book.objects.select_for_update().get(id=first.id)
        locked.title = "Changed"
        locked.save()
        try:
            with transaction.atomic():
                Author.objects.create(name="Ann")
        except IntegrityError:
            tell("inner transaction rolled back")
    tell("title", Book.objects.get(id=first.id).title)
    tell("get_or_create", Author.objects.get_or_create(name="Ann")[1], Author.objects.update_or_create(name="Cid")[1])
    tell("deleted", sorted(bob.delete()[1].items()))
    tell("books left", Book.objects.count(), Book.objects.filter(editor=None).count())


def alterations():
    title = models.CharField(max_length=300, db_index=True)
    title.set_attributes_from_name("title")
    extra = models.IntegerField(default=7)
    extra.set_attributes_from_name("extra")
    wide = models.BigIntegerField(default=0)
    wide.set_attributes_from_name("pages")
    with connection.schema_editor() as editor:
        editor.alter_field(Book, Book._meta.get_field("title"), title)
        editor.add_field(Book, extra)
        editor.alter_field(Book, Book._meta.get_field("pages"), wide)
        editor.remove_field(Book, Book._meta.get_field("editor"))
    with connection.cursor() as cursor:
        tell("columns", [(each.name, each.type_code, each.display_size) for each in
                         connection.introspection.get_table_description(cursor, "messages_book")])
        cursor.execute("select extra, pages from messages_book order by id limit 1")
        tell("row", cursor.fetchone())
    with connection.schema_editor() as editor:
        editor.delete_model(Book)


migrations()
users()
own_models()
alterations()

"""Django 5.2 with psycopg 3: migrations of its own applications forwards and back, and its ORM over keys of its own."""
import os
import subprocess
import sys
import uuid

from pg_case import PgCase


class Django(PgCase):
    def program(self):
        schema = "dj_" + uuid.uuid4().hex[:8]
        self.connection.execute(f"create schema {schema}")
        self.addCleanup(self.connection.execute, f"drop schema {schema} cascade")
        done = subprocess.run([sys.executable, "django_program.py", schema], capture_output=True, text=True, timeout=300,
                              env=os.environ)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout

    def test_migrations_and_orm(self):
        self.assertEqual(self.program(), EXPECTED)


EXPECTED = """\
tables ['auth_group', 'auth_group_permissions', 'auth_permission', 'auth_user', 'auth_user_groups', \
'auth_user_user_permissions', 'django_admin_log', 'django_content_type', 'django_migrations', 'django_session']
permissions 24 6
relations [('group_id', ('id', 'auth_group')), ('user_id', ('id', 'auth_user'))]
constraints [(['content_type_id'], False, "('django_content_type', 'id')"), (['content_type_id'], False, 'None'), \
(['content_type_id', 'codename'], True, 'None'), (['id'], True, 'None')]
has permission True False
twice ('auth_user_username_key', '23505')
groups left 0
pages [('Ann', 370), ('Bob', 180)]
joined ['Book 6', 'Book 9']
json 2
tags [('old', 1), ('short', 1)]
updated 15 1.00 {'n': 1}
no author 23503
negative ('price_not_negative', '23514')
inner transaction rolled back
title Changed
get_or_create False True
deleted [('messages.Author', 1), ('messages.Book', 3)]
books left 7 7
columns [('id', 20, 8), ('title', 1043, 300), ('author_id', 20, 8), ('pages', 20, 8), ('price', 1700, None), ('out', \
1082, 4), ('facts', 3802, None), ('extra', 23, 4)]
row (7, 15)
"""

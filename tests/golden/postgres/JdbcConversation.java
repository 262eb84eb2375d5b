// What pgjdbc says in an ordinary session: recorded by record_frames.py.
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

public class JdbcConversation {
    public static void main(String[] words) throws Exception {
        try (Connection connection = DriverManager.getConnection(words[0], words[1], words[2])) {
            try (Statement statement = connection.createStatement()) {
                statement.execute("create temp table j (a int primary key, b text)");
            }
            try (PreparedStatement insert = connection.prepareStatement("insert into j values (?, ?)")) {
                for (int i = 0; i < 8; i++) {
                    insert.setInt(1, i);
                    insert.setString(2, "text " + i);
                    insert.addBatch();
                }
                insert.executeBatch();
            }
            // From the sixth execution on a named statement with binary results.
            try (PreparedStatement query = connection.prepareStatement("select a, b from j where a = ?")) {
                for (int i = 0; i < 8; i++) {
                    query.setInt(1, i);
                    try (ResultSet rows = query.executeQuery()) {
                        rows.next();
                    }
                }
            }
            connection.setAutoCommit(false);
            try (Statement cursor = connection.createStatement()) {
                cursor.setFetchSize(3);
                try (ResultSet rows = cursor.executeQuery("select a from j order by a")) {
                    int seen = 0;
                    while (rows.next()) seen++;
                    if (seen != 8) throw new IllegalStateException("rows: " + seen);
                }
            }
            connection.rollback();
            connection.setAutoCommit(true);
            try (Statement wrong = connection.createStatement()) {
                wrong.execute("insert into j values (1, 'again')");
            } catch (SQLException expected) {
                if (!"42P01".equals(expected.getSQLState()) && !"23505".equals(expected.getSQLState())) throw expected;
            }
        }
    }
}

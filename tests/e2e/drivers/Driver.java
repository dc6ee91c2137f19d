// SPDX-License-Identifier: PostgreSQL
// What a Java program does with JDBC, told line by line: the lines must not depend
// on what stands between it and PostgreSQL.
//
// usage: java -cp postgresql.jar Driver.java URL USER PASSWORD TABLE
import java.io.StringReader;
import java.io.StringWriter;
import java.sql.BatchUpdateException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLWarning;
import java.sql.Savepoint;
import java.sql.Statement;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyManager;

public class Driver {
    private static String url;
    private static String user;
    private static String password;
    private static String table;

    private interface Part {
        void run() throws Exception;
    }

    private static void say(Object... what) {
        StringBuilder line = new StringBuilder();
        for (Object one : what) {
            line.append(line.length() > 0 ? " " : "").append(one);
        }
        System.out.println(line);
    }

    private static Connection open(String options) throws SQLException {
        return DriverManager.getConnection(url + "?sslmode=disable" + options, user, password);
    }

    private static void expectError(Part part) throws Exception {
        try {
            part.run();
            say("no error");
        } catch (SQLException error) {
            String text = String.valueOf(error.getMessage()).split("\n")[0];
            say("error", error.getSQLState(), text.startsWith("Batch entry") ? "batch" : text);
        }
    }

    private static void values(Connection conn) throws SQLException {
        byte[] bytes = new byte[256];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) i;
        }
        try (PreparedStatement st = conn.prepareStatement("select ?::int4, ?::int8, ?::float8, "
                + "?::numeric, ?::text, ?::bytea, ?::bool, ?::timestamptz, ?::uuid, ?::int4[]")) {
            for (int round = 0; round < 8; round++) {
                st.setInt(1, round);
                st.setLong(2, Long.MAX_VALUE);
                st.setDouble(3, 0.1);
                st.setBigDecimal(4, new java.math.BigDecimal("12345678901234567890.123456789"));
                st.setString(5, round % 2 == 0 ? null : "naïve 'quoted'");
                st.setBytes(6, bytes);
                st.setBoolean(7, true);
                st.setTimestamp(8, new java.sql.Timestamp(1767323045000L));
                st.setObject(9, java.util.UUID.fromString("00112233-4455-6677-8899-aabbccddeeff"));
                st.setArray(10, conn.createArrayOf("int4", new Object[] {1, null, 3}));
                try (ResultSet rs = st.executeQuery()) {
                    rs.next();
                    say("values", rs.getInt(1), rs.getLong(2), rs.getDouble(3), rs.getBigDecimal(4),
                            rs.getString(5), Arrays.equals(rs.getBytes(6), bytes), rs.getBoolean(7),
                            rs.getTimestamp(8).getTime(), rs.getObject(9),
                            Arrays.toString((Object[]) rs.getArray(10).getArray()));
                }
            }
        }
    }

    private static void batches(Connection conn) throws Exception {
        try (Statement st = conn.createStatement()) {
            st.execute("drop table if exists " + table);
            st.execute("create table " + table + " (id int primary key, name text)");
        }
        try (PreparedStatement st = conn.prepareStatement("insert into " + table + " values (?, ?)")) {
            for (int i = 0; i < 3000; i++) {
                st.setInt(1, i);
                st.setString(2, "name " + i);
                st.addBatch();
            }
            say("batch", Arrays.stream(st.executeBatch()).map(n -> n < 0 ? 1 : n).sum());
            for (int i = 2990; i < 3010; i++) {
                st.setInt(1, i);
                st.setString(2, "twice");
                st.addBatch();
            }
            try {
                st.executeBatch();
                say("no error");
            } catch (BatchUpdateException error) {
                say("batch error", error.getSQLState());
            }
        }
        try (Statement st = conn.createStatement()) {
            try (ResultSet rs = st.executeQuery("select count(*), max(id) from " + table)) {
                rs.next();
                say("count", rs.getLong(1), rs.getInt(2));
            }
            boolean more = st.execute("select 1; update " + table + " set name = 'x' where id < 5; select 2");
            for (int n = 0; more || st.getUpdateCount() >= 0; n++) {
                say("result", n, more ? "rows" : "count " + st.getUpdateCount());
                more = st.getMoreResults();
            }
        }
    }

    private static void transactions(Connection conn) throws Exception {
        conn.setAutoCommit(false);
        try (Statement st = conn.createStatement()) {
            say("deleted", st.executeUpdate("delete from " + table));
            conn.rollback();
            Savepoint savepoint = conn.setSavepoint("here");
            expectError(() -> st.executeUpdate("insert into " + table + " values (1, 'twice')"));
            expectError(() -> st.executeQuery("select 1"));
            conn.rollback(savepoint);
            say("updated", st.executeUpdate("update " + table + " set name = 'y' where id < 10"));
            conn.commit();
            expectError(() -> st.executeQuery("select 1/0"));
            conn.rollback();
        }
        conn.setAutoCommit(true);
    }

    private static void copy(Connection conn) throws Exception {
        CopyManager copy = conn.unwrap(PGConnection.class).getCopyAPI();
        StringBuilder text = new StringBuilder();
        StringWriter out = new StringWriter();
        for (int i = 10000; i < 60000; i++) {
            text.append(i).append("\trow ").append(i).append('\n');
        }
        say("copied in", copy.copyIn("copy " + table + " from stdin", new StringReader(text.toString())));
        copy.copyOut("copy (select * from " + table + " where id >= 10000 order by id) to stdout", out);
        say("copied out", out.toString().equals(text.toString()));
        expectError(() -> copy.copyIn("copy " + table + " from stdin", new StringReader("zero\tx\n")));
        try (Statement st = conn.createStatement(); ResultSet rs = st.executeQuery("select 1")) {
            say("alive", rs.next());
        }
    }

    private static void big(Connection conn) throws SQLException {
        conn.setAutoCommit(false);
        try (PreparedStatement st = conn.prepareStatement(
                "select i, repeat('x', 100) from generate_series(1, ?) i")) {
            st.setFetchSize(1000); // a portal, asked for a thousand rows at a time
            st.setInt(1, 50000);
            long sum = 0;
            try (ResultSet rs = st.executeQuery()) {
                while (rs.next()) {
                    sum += rs.getInt(1) + rs.getString(2).length();
                }
            }
            say("portal", sum);
        }
        conn.commit();
        conn.setAutoCommit(true);
        try (PreparedStatement st = conn.prepareStatement("select length(?), repeat('y', 8000000)")) {
            st.setString(1, "z".repeat(8000000));
            try (ResultSet rs = st.executeQuery()) {
                rs.next();
                say("big", rs.getInt(1), rs.getString(2).length());
            }
        }
    }

    private static void cancel(Connection conn) throws Exception {
        try (Statement st = conn.createStatement()) {
            st.setQueryTimeout(1);
            expectError(() -> st.executeQuery("select pg_sleep(30)"));
            st.setQueryTimeout(0);
            Thread thread = new Thread(() -> {
                try {
                    Thread.sleep(400);
                    st.cancel();
                } catch (Exception error) {
                    say("cancel", error);
                }
            });
            thread.start();
            expectError(() -> st.executeQuery("select pg_sleep(30)"));
            thread.join();
            say("alive", st.execute("select 1"));
        }
    }

    private static void notices(Connection conn) throws SQLException {
        try (Statement st = conn.createStatement()) {
            st.execute("do $$ begin raise notice 'one'; raise warning 'two'; end $$");
            for (SQLWarning w = st.getWarnings(); w != null; w = w.getNextWarning()) {
                say("notice", w.getSQLState(), w.getMessage());
            }
        }
    }

    private static void metadata(Connection conn) throws SQLException {
        try (ResultSet rs = conn.getMetaData().getColumns(null, "public", table, "%")) {
            while (rs.next()) {
                say("column", rs.getString("COLUMN_NAME"), rs.getString("TYPE_NAME"));
            }
        }
    }

    /* Its plan changes under a prepared statement's feet; pgjdbc itself tries again. */
    private static void ddl(Connection conn) throws Exception {
        try (PreparedStatement st = conn.prepareStatement("select * from " + table + " where id = 7");
                Statement other = conn.createStatement()) {
            for (int round = 0; round < 6; round++) {
                if (round == 3) {
                    other.execute("alter table " + table + " add column more int default 3");
                }
                try (ResultSet rs = st.executeQuery()) {
                    rs.next();
                    say("ddl", rs.getMetaData().getColumnCount(), rs.getString(2));
                }
            }
        }
    }

    /* More clients than servers, each with the same statement names for other statements. */
    private static void crowd() throws Exception {
        AtomicInteger right = new AtomicInteger();
        Thread[] threads = new Thread[8];
        for (int t = 0; t < threads.length; t++) {
            int number = t;
            threads[t] = new Thread(() -> {
                try (Connection conn = open("&prepareThreshold=1");
                        PreparedStatement st = conn.prepareStatement("select ?::int + " + number)) {
                    for (int i = 0; i < 200; i++) {
                        st.setInt(1, i);
                        try (ResultSet rs = st.executeQuery()) {
                            rs.next();
                            right.addAndGet(rs.getInt(1) == i + number ? 1 : 0);
                        }
                    }
                } catch (SQLException error) {
                    say("crowd", error);
                }
            });
            threads[t].start();
        }
        for (Thread thread : threads) {
            thread.join();
        }
        say("crowd", right);
    }

    private static void all(String options) throws Exception {
        say("with", options);
        try (Connection conn = open(options)) {
            if (!options.contains("simple")) {
                values(conn); // pgjdbc cannot cast a null bytea there
            }
            batches(conn);
            transactions(conn);
            copy(conn);
            big(conn);
            cancel(conn);
            notices(conn);
            metadata(conn);
            ddl(conn);
            try (Statement st = conn.createStatement()) {
                st.execute("drop table " + table);
            }
        }
    }

    public static void main(String[] args) throws Exception {
        url = args[0];
        user = args[1];
        password = args[2];
        table = args[3];
        all("&prepareThreshold=1");
        all("&prepareThreshold=-1"); // named and binary from the first
        all("&prepareThreshold=0&reWriteBatchedInserts=true");
        all("&preferQueryMode=simple");
        crowd();
        say("done");
    }
}

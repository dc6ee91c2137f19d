// SPDX-License-Identifier: PostgreSQL
// What a Java program keeps in its session with JDBC, told line by line: the lines must not depend
// on what stands between it and PostgreSQL.
//
// usage: java -cp postgresql.jar Session.java URL USER PASSWORD PREFIX
import java.sql.CallableStatement;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.sql.Types;
import java.util.Arrays;
import org.postgresql.PGConnection;
import org.postgresql.PGNotification;
import org.postgresql.largeobject.LargeObject;
import org.postgresql.largeobject.LargeObjectManager;

public class Session {
    private static String url;
    private static String user;
    private static String password;
    private static String prefix;

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

    private static void expectError(Part part) throws Exception {
        try {
            part.run();
            say("no error");
        } catch (SQLException error) {
            say("error", error.getSQLState());
        }
    }

    private static void run(Connection conn, String sql) throws SQLException {
        try (Statement st = conn.createStatement()) {
            st.execute(sql);
        }
    }

    private static String ask(Connection conn, String sql) throws SQLException {
        StringBuilder all = new StringBuilder();
        try (Statement st = conn.createStatement(); ResultSet rs = st.executeQuery(sql)) {
            while (rs.next()) {
                all.append(all.length() > 0 ? "," : "").append(rs.getString(1));
            }
        }
        return all.toString();
    }

    private static void tables(Connection conn) throws Exception {
        // One name, and other columns.
        for (String type : new String[] {"integer", "smallint", "text", "numeric"}) {
            run(conn, "create temp table t (a " + type + ")");
            for (int i = 0; i < 7; i++) {
                try (PreparedStatement st = conn.prepareStatement("insert into t values ('7')")) {
                    st.execute();
                }
                try (PreparedStatement st = conn.prepareStatement("select sum(a::int) from t");
                        ResultSet rs = st.executeQuery()) {
                    rs.next();
                    say(type, rs.getObject(1));
                }
            }
            try (PreparedStatement st = conn.prepareStatement("select a as a_" + type + " from t");
                    ResultSet rs = st.executeQuery()) {
                rs.next();
                say(type, rs.getMetaData().getColumnTypeName(1), rs.getObject(1));
            }
            run(conn, "drop table t");
        }
    }

    private static void settings(Connection conn) throws Exception {
        conn.setSchema(prefix);
        say(conn.getSchema(), ask(conn, "show search_path"));
        conn.setSchema("public");
        conn.setReadOnly(true);
        conn.setAutoCommit(false);
        expectError(() -> run(conn, "create table " + prefix + "_no (a int)"));
        conn.rollback();
        say(ask(conn, "show transaction_read_only"));
        conn.rollback();
        conn.setReadOnly(false);
        conn.setAutoCommit(true);
        conn.setTransactionIsolation(Connection.TRANSACTION_SERIALIZABLE);
        say(conn.getTransactionIsolation(), ask(conn, "show transaction_isolation"));
        conn.setTransactionIsolation(Connection.TRANSACTION_READ_COMMITTED);
        conn.setClientInfo("ApplicationName", prefix + " one");
        say(conn.getClientInfo("ApplicationName"), ask(conn, "show application_name"));
        run(conn, "set timezone = 'Asia/Tokyo'");
        say(ask(conn, "select timestamptz '2024-01-01 00:00 UTC'"));
        run(conn, "reset timezone");
    }

    private static void cursors(Connection conn) throws Exception {
        conn.setAutoCommit(false);
        try (PreparedStatement st = conn.prepareStatement("select g from generate_series(1, 1000) g")) {
            st.setFetchSize(100);
            for (int i = 0; i < 7; i++) {
                long sum = 0;
                try (ResultSet rs = st.executeQuery()) {
                    while (rs.next()) {
                        sum += rs.getInt(1);
                        if (rs.getRow() == 150 && i % 2 == 0) {
                            say("within", ask(conn, "select 7"));
                        }
                    }
                }
                say("fetched", sum);
            }
        }
        conn.commit();
        try (Statement st = conn.createStatement(ResultSet.TYPE_SCROLL_INSENSITIVE,
                     ResultSet.CONCUR_UPDATABLE, ResultSet.HOLD_CURSORS_OVER_COMMIT);
                ResultSet rs = st.executeQuery("select id, name from " + prefix + "_keys order by id")) {
            rs.next();
            rs.updateString(2, "changed");
            rs.updateRow();
            rs.moveToInsertRow();
            rs.updateInt(1, 1000);
            rs.updateString(2, "inserted");
            rs.insertRow();
            rs.beforeFirst();
            rs.next();
            say("updatable", rs.getString(2));
        }
        conn.rollback();
        run(conn, "declare held cursor with hold for select generate_series(1, 5)");
        conn.commit();
        say(ask(conn, "fetch 3 from held"));
        conn.commit();
        say(ask(conn, "fetch 3 from held"));
        run(conn, "close held");
        conn.commit();
        try (CallableStatement st = conn.prepareCall("{? = call " + prefix + "_cursor()}")) {
            st.registerOutParameter(1, Types.OTHER);
            st.execute();
            try (ResultSet rs = (ResultSet) st.getObject(1)) {
                rs.next();
                say("refcursor", rs.getInt(1));
            }
        }
        conn.commit();
        conn.setAutoCommit(true);
    }

    private static void keys(Connection conn) throws Exception {
        for (int i = 0; i < 7; i++) {
            try (PreparedStatement st = conn.prepareStatement(
                         "insert into " + prefix + "_keys (name) values (?)",
                         Statement.RETURN_GENERATED_KEYS)) {
                for (int b = 0; b < 3; b++) {
                    st.setString(1, "name " + b);
                    st.addBatch();
                }
                say(Arrays.toString(st.executeBatch()));
                int count = 0;
                try (ResultSet rs = st.getGeneratedKeys()) {
                    while (rs.next()) {
                        count += rs.getInt(1) > 0 ? 1 : 0;
                    }
                }
                say("keys", count);
            }
        }
        run(conn, "select setval('" + prefix + "_keys_id_seq', 500)");
        run(conn, "insert into " + prefix + "_keys (name) values ('last')");
        say("lastval", ask(conn, "select lastval()"));
    }

    private static void savepoints(Connection conn) throws Exception {
        conn.setAutoCommit(false);
        run(conn, "insert into " + prefix + "_keys (id, name) values (2000, 'a')");
        Savepoint named = conn.setSavepoint("s");
        run(conn, "set work_mem = '5MB'");
        expectError(() -> run(conn, "insert into " + prefix + "_keys (id, name) values (2000, 'a')"));
        conn.rollback(named);
        say(ask(conn, "show work_mem"), ask(conn, "select name from " + prefix + "_keys where id = 2000"));
        Savepoint unnamed = conn.setSavepoint();
        run(conn, "set work_mem = '6MB'");
        conn.releaseSavepoint(unnamed);
        conn.rollback();
        say(ask(conn, "show work_mem"));
        conn.rollback();
        conn.setAutoCommit(true);
    }

    /* With autosave a statement that fails does not fail its transaction. */
    private static void autosave(Connection conn) throws Exception {
        conn.setAutoCommit(false);
        for (int i = 0; i < 7; i++) {
            int number = i;
            expectError(() -> {
                try (PreparedStatement st = conn.prepareStatement("select 10 / ?")) {
                    st.setInt(1, number % 2);
                    try (ResultSet rs = st.executeQuery()) {
                        rs.next();
                        say("ten", rs.getInt(1));
                    }
                }
            });
        }
        conn.rollback();
        try (PreparedStatement st = conn.prepareStatement("select * from " + prefix + "_ddl")) {
            for (int i = 0; i < 8; i++) {
                expectError(() -> {
                    try (ResultSet rs = st.executeQuery()) {
                        say("columns", rs.getMetaData().getColumnCount());
                    }
                });
                if (i % 3 == 2) {
                    conn.rollback();
                    run(conn, "alter table " + prefix + "_ddl add column c" + i + " int");
                    conn.commit();
                }
            }
        }
        conn.rollback();
        conn.setAutoCommit(true);
    }

    private static void objects(Connection conn) throws Exception {
        conn.setAutoCommit(false);
        LargeObjectManager manager = conn.unwrap(PGConnection.class).getLargeObjectAPI();
        long oid = manager.createLO(LargeObjectManager.READWRITE);
        try (LargeObject object = manager.open(oid, LargeObjectManager.READWRITE)) {
            object.write(new byte[100000]);
            object.seek(50000);
            object.write("middle".getBytes());
            object.seek(49999);
            say("object", object.size64(), new String(object.read(8)).trim(), object.tell64());
        }
        conn.commit();
        expectError(() -> {
            LargeObject object = manager.open(oid, LargeObjectManager.READ);
            conn.commit();
            object.read(1);
        });
        conn.rollback();
        manager.delete(oid);
        conn.commit();
        conn.setAutoCommit(true);
    }

    private static void notifications(Connection conn) throws Exception {
        PGConnection pg = conn.unwrap(PGConnection.class);
        run(conn, "listen " + prefix);
        for (int i = 0; i < 3; i++) {
            run(conn, "notify " + prefix + ", '" + i + "'");
            PGNotification[] heard = pg.getNotifications(20000);
            say("heard", heard == null ? 0 : heard.length,
                    heard == null ? "" : heard[0].getName() + " " + heard[0].getParameter());
        }
        run(conn, "unlisten *");
        run(conn, "notify " + prefix + ", 'nobody'");
        say(ask(conn, "select count(*) from pg_listening_channels()"),
                pg.getNotifications() == null || pg.getNotifications().length == 0);
    }

    private static void timeouts(Connection conn) throws Exception {
        for (int i = 0; i < 3; i++) {
            try (Statement st = conn.createStatement()) {
                st.setQueryTimeout(1);
                expectError(() -> st.execute("select pg_sleep(60)"));
            }
            say(ask(conn, "select 'after the timeout'"));
        }
    }

    private static void catalogue(Connection conn) throws Exception {
        DatabaseMetaData data = conn.getMetaData();
        ResultSet[] all = {data.getTables(null, "public", prefix + "%", null),
                data.getColumns(null, "public", prefix + "_keys", null),
                data.getPrimaryKeys(null, "public", prefix + "_keys"),
                data.getIndexInfo(null, "public", prefix + "_keys", false, true),
                data.getProcedures(null, "public", prefix + "%"),
                data.getFunctions(null, "public", prefix + "%"), data.getTypeInfo(),
                data.getSchemas(), data.getTablePrivileges(null, "public", prefix + "_keys"),
                data.getImportedKeys(null, "public", prefix + "_keys")};
        StringBuilder counts = new StringBuilder();
        for (ResultSet rs : all) {
            int rows = 0;
            while (rs.next()) {
                rows++;
            }
            counts.append(' ').append(rows > 0).append('/').append(rs.getMetaData().getColumnCount());
            rs.close();
        }
        say("catalogue" + counts, data.getDatabaseProductVersion(), conn.isValid(5));
    }

    private static void all(String options) throws Exception {
        say("with", options);
        try (Connection conn =
                        DriverManager.getConnection(url + "?sslmode=disable" + options, user, password)) {
            run(conn, "create schema " + prefix + "; create table " + prefix
                            + "_keys (id serial primary key, name text); create table " + prefix
                            + "_ddl (a int)");
            run(conn, "create function " + prefix + "_cursor() returns refcursor language plpgsql as "
                            + "'declare c refcursor; begin open c for select 71; return c; end'");
            tables(conn);
            settings(conn);
            keys(conn);
            cursors(conn);
            savepoints(conn);
            autosave(conn);
            objects(conn);
            notifications(conn);
            catalogue(conn);
            run(conn, "drop schema " + prefix + "; drop table " + prefix + "_keys, " + prefix
                            + "_ddl; drop function " + prefix + "_cursor()");
            if (options.endsWith("1")) {
                timeouts(conn);
            }
        }
    }

    public static void main(String[] args) throws Exception {
        url = args[0];
        user = args[1];
        password = args[2];
        prefix = args[3];
        String[] autosaves = {"never", "always", "conservative"};
        for (int threshold = 1; threshold <= 6; threshold++) {
            all("&autosave=" + autosaves[threshold % 3] + "&prepareThreshold=" + threshold);
        }
        all("&preferQueryMode=extendedForPrepared");
        say("done");
    }
}

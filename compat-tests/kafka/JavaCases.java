// How the Java suites tell what came of their cases: "ok NAME" or "failed NAME: why", one line each.
import java.util.*;

class JavaCases {
    static final Map<String, Object> BASE = new HashMap<>();
    static final String RUN = Long.toHexString(System.nanoTime());
    static int failed = 0;

    interface Body {
        void run() throws Exception;
    }

    static void check(String name, Body body) {
        try {
            body.run();
            System.out.println("ok " + name);
        } catch (Throwable why) {
            ++failed;
            System.out.println("failed " + name + ": " + why);
            why.printStackTrace(System.err);
        }
    }

    static void same(Object expected, Object actual) {
        if (!Objects.equals(expected, actual))
            throw new AssertionError("expected " + expected + ", got " + actual);
    }
}

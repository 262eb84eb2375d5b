import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.UUID;

/** What the checks written in Java share: steps that print one line each, bytes that do not repeat. */
final class Steps {
    interface Work {
        void run() throws Exception;
    }

    static String env(String name) {
        return System.getenv(name);
    }

    static void step(String title, Work work) {
        try {
            work.run();
            System.out.println("ok " + env("CLIENT") + " " + title);
        } catch (Throwable failure) {
            System.out.println("FAIL " + env("CLIENT") + " " + title);
            System.out.println("    " + failure);
            Arrays.stream(failure.getStackTrace()).limit(8).forEach(frame -> System.out.println("    " + frame));
        }
        System.out.flush();
    }

    static byte[] pattern(int size, String seed) throws Exception {
        var out = new ByteArrayOutputStream(size + 64);
        for (int number = 0; out.size() < size; ++number)
            out.write(digest("SHA-512", (seed + "/" + number).getBytes(StandardCharsets.UTF_8)));
        return Arrays.copyOf(out.toByteArray(), size);
    }

    static byte[] digest(String algorithm, byte[] bytes) throws Exception {
        return MessageDigest.getInstance(algorithm).digest(bytes);
    }

    static String md5(byte[] bytes) throws Exception {
        return HexFormat.of().formatHex(digest("MD5", bytes));
    }

    static void same(String what, Object got, Object expected) {
        if (!expected.equals(got))
            throw new AssertionError(what + ": expected " + expected + ", got " + got);
    }

    static void sameBytes(String what, byte[] got, byte[] expected) {
        if (!Arrays.equals(got, expected))
            throw new AssertionError(what + ": " + got.length + " other bytes than the " + expected.length
                                     + " expected");
    }

    static String newBucketName() {
        return "clients-" + UUID.randomUUID().toString().replace("-", "").substring(0, 20);
    }

    private Steps() {}
}

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** Our program encoding_peer as a child process; encoding_peer/README.md says how it is asked. */
final class EncodingPeer implements AutoCloseable {
    /** The bytes, or why there are none. */
    record Answer(byte[] bytes, boolean unsupported, String problem) {
        byte[] expected() {
            if (bytes == null) {
                throw new IllegalStateException("we say: " + problem);
            }
            return bytes;
        }
    }

    private static final int ANSWERED = 0;
    private static final int UNSUPPORTED = 1;

    private final Process process;
    private final DataOutputStream questions;
    private final DataInputStream answers;

    EncodingPeer(String program) throws IOException {
        process = new ProcessBuilder(program)
            .redirectError(ProcessBuilder.Redirect.INHERIT).start();
        questions = new DataOutputStream(
            new BufferedOutputStream(process.getOutputStream(), 1 << 17));
        answers = new DataInputStream(
            new BufferedInputStream(process.getInputStream(), 1 << 17));
    }

    Answer recode(String name, int from, int to, byte[] bytes) throws IOException {
        return ask('r', message(name, bytes.length + 4)
            .putShort((short) from).putShort((short) to).put(bytes));
    }

    Answer json(String name, int version, byte[] bytes) throws IOException {
        return ask('j', message(name, bytes.length + 2).putShort((short) version).put(bytes));
    }

    Answer encodeDefault(String name, int version) throws IOException {
        return ask('d', message(name, 2).putShort((short) version));
    }

    Answer encodeRandom(String name, int version, long seed) throws IOException {
        return ask('g', message(name, 10).putShort((short) version).putLong(seed));
    }

    String messages() throws IOException {
        return new String(ask('l', ByteBuffer.allocate(0)).expected(), StandardCharsets.UTF_8);
    }

    Answer listBatches(byte[] batches) throws IOException {
        return ask('b', ByteBuffer.allocate(batches.length).put(batches));
    }

    Answer rebuildBatch(int codec, byte[] batch) throws IOException {
        return ask('w', ByteBuffer.allocate(batch.length + 1).put((byte) codec).put(batch));
    }

    Answer recompressBatch(int codec, byte[] batch) throws IOException {
        return ask('c', ByteBuffer.allocate(batch.length + 1).put((byte) codec).put(batch));
    }

    Answer rebuildControlBatch(byte[] batch) throws IOException {
        return ask('k', ByteBuffer.allocate(batch.length).put(batch));
    }

    private static ByteBuffer message(String name, int more) {
        byte[] text = name.getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocate(2 + text.length + more).putShort((short) text.length).put(text);
    }

    private Answer ask(char operation, ByteBuffer question) throws IOException {
        questions.writeInt(1 + question.capacity());
        questions.writeByte(operation);
        questions.write(question.array());
        questions.flush();
        int size = answers.readInt();
        int status = answers.readByte();
        byte[] payload = answers.readNBytes(size - 1);
        if (status == ANSWERED) {
            return new Answer(payload, false, null);
        }
        String problem = new String(payload, StandardCharsets.UTF_8);
        return new Answer(null, status == UNSUPPORTED, problem);
    }

    @Override
    public void close() throws IOException {
        questions.close();
        try {
            process.waitFor();
        } catch (InterruptedException interrupted) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}

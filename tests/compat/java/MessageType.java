import com.fasterxml.jackson.databind.JsonNode;
import java.io.File;
import java.io.IOException;
import java.lang.reflect.Constructor;
import java.lang.reflect.Method;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.jar.JarFile;
import org.apache.kafka.common.errors.UnsupportedVersionException;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.Message;
import org.apache.kafka.common.protocol.ObjectSerializationCache;
import org.apache.kafka.common.protocol.types.Schema;

/** One of Apache's generated message classes, by the name that its schema has. */
final class MessageType {
    final String name;
    final short lowest;
    final short highest;
    private final Schema[] schemas;
    private final Constructor<? extends Message> constructor;
    private final Method toJson;

    private MessageType(String name, Class<? extends Message> type)
            throws ReflectiveOperationException {
        this.name = name;
        lowest = type.getField("LOWEST_SUPPORTED_VERSION").getShort(null);
        highest = type.getField("HIGHEST_SUPPORTED_VERSION").getShort(null);
        schemas = (Schema[]) type.getField("SCHEMAS").get(null);
        constructor = type.getConstructor();
        toJson = Class.forName(type.getName() + "JsonConverter")
            .getMethod("write", type, short.class, boolean.class);
    }

    /** Every message class in the jars of the class path that still has a version. */
    static Map<String, MessageType> all() throws IOException, ReflectiveOperationException {
        Map<String, MessageType> found = new TreeMap<>();
        for (String className : classNames()) {
            if (!className.endsWith("JsonConverter")) {
                continue;
            }
            String base = className.substring(0, className.length() - "JsonConverter".length());
            Class<?> type = Class.forName(base);
            if (!Message.class.isAssignableFrom(type)) {
                continue;
            }
            String simple = type.getSimpleName();
            boolean isApi = simple.endsWith("RequestData") || simple.endsWith("ResponseData")
                || simple.endsWith("HeaderData");
            String name = isApi ? simple.substring(0, simple.length() - "Data".length()) : simple;
            MessageType message = new MessageType(name, type.asSubclass(Message.class));
            if (message.lowest <= message.highest && found.put(name, message) != null) {
                throw new IllegalStateException("two messages have the name " + name);
            }
        }
        return found;
    }

    private static List<String> classNames() throws IOException {
        List<String> names = new ArrayList<>();
        for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
            String file = new File(entry).getName();
            if (!file.startsWith("kafka") || !file.endsWith(".jar")) {
                continue;
            }
            try (JarFile jar = new JarFile(entry)) {
                jar.stream().map(one -> one.getName())
                    .filter(one -> one.endsWith(".class") && !one.contains("$"))
                    .map(one -> one.substring(0, one.length() - 6).replace('/', '.'))
                    .forEach(names::add);
            }
        }
        return names;
    }

    Schema schema(int version) {
        return schemas[version];
    }

    Message make() {
        try {
            return constructor.newInstance();
        } catch (ReflectiveOperationException failure) {
            throw new IllegalStateException(name, failure);
        }
    }

    /** Reads a message that takes all of the bytes. */
    Message read(byte[] bytes, int version) {
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        Message message = make();
        try {
            message.read(new ByteBufferAccessor(buffer), (short) version);
        } catch (BufferUnderflowException | IllegalArgumentException failure) {
            throw new IllegalStateException("Apache cannot read it: " + failure, failure);
        }
        if (buffer.hasRemaining()) {
            throw new IllegalStateException("Apache leaves " + buffer.remaining() + " bytes");
        }
        return message;
    }

    /** The encoding; null if this version cannot carry the message. */
    byte[] write(Message message, int version) {
        ObjectSerializationCache cache = new ObjectSerializationCache();
        try {
            int size = message.size(cache, (short) version);
            ByteBuffer buffer = ByteBuffer.allocate(size);
            message.write(new ByteBufferAccessor(buffer), cache, (short) version);
            if (buffer.hasRemaining()) {
                throw new IllegalStateException("Apache's size is wrong");
            }
            return buffer.array();
        } catch (UnsupportedVersionException | NullPointerException refused) {
            return null;
        }
    }

    JsonNode json(Message message, int version) {
        try {
            return (JsonNode) toJson.invoke(null, message, (short) version, false);
        } catch (ReflectiveOperationException failure) {
            throw new IllegalStateException(name, failure);
        }
    }
}

import java.nio.ByteBuffer;
import java.util.Random;
import java.util.TreeMap;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.protocol.types.BoundField;
import org.apache.kafka.common.protocol.types.Field;
import org.apache.kafka.common.protocol.types.RawTaggedField;
import org.apache.kafka.common.protocol.types.Schema;
import org.apache.kafka.common.protocol.types.Struct;
import org.apache.kafka.common.protocol.types.TaggedFields;
import org.apache.kafka.common.protocol.types.Type;
import org.apache.kafka.common.record.internal.MemoryRecords;

/**
 * Random values for the fields of one version of a message, as Apache's Schema of that version
 * names them, and their encoding by that Schema: not by the generated class, which reads it.
 */
final class RandomFields {
    /** What the values of one instance are like. */
    enum Mood { MIXED, EMPTY, NULLS, FULL, EXTREME, LONG, TINY, TINY_NULLS }

    /** Around the steps of a varint, and the greatest. No message has so many tags. */
    private static final int[] UNKNOWN_TAGS = {60, 127, 128, 16384, Integer.MAX_VALUE};
    private static final int[] TEXT_SIZES = {126, 127, 128, 16382, 16384, 32767};
    private static final int[] BYTES_SIZES = {126, 127, 128, 16382, 16384, 40000};
    private static final int[] ARRAY_SIZES = {126, 127, 128, 200};
    private static final String[] LETTERS = {"a", "Z", " ", "\"", "\\", "/", "\n", "\u0001",
        "\u007f", "\u00e9", "\u20ac", "\u6c34", "\ud834\udd1e", "\u0000"};

    private final Random random;
    private final Mood mood;
    private final boolean withUnknownTags;
    private final Random tagRandom;
    private int longValues = 3;
    private int elements = 2000;

    private RandomFields(long seed, Mood mood, boolean withUnknownTags) {
        this.random = Seeds.random(seed);
        this.mood = mood;
        this.withUnknownTags = withUnknownTags;
        this.tagRandom = Seeds.random(seed + 1);
    }

    /** The same values for the same seed and mood, with unknown tagged fields or without. */
    static byte[] encode(Schema generated, long seed, Mood mood, boolean withUnknownTags) {
        Schema schema = TaggedStruct.in(generated);
        RandomFields fields = new RandomFields(seed, mood, withUnknownTags);
        Struct struct = fields.struct(schema);
        ByteBuffer buffer = ByteBuffer.allocate(schema.sizeOf(struct));
        schema.write(buffer, struct);
        return buffer.array();
    }

    private Struct struct(Schema schema) {
        Struct struct = new Struct(schema);
        for (BoundField field : schema.fields()) {
            Object value = field.def.type instanceof TaggedFields tagged
                ? tagged(tagged) : value(field.def.type);
            struct.set(field, value);
        }
        return struct;
    }

    private TreeMap<Integer, Object> tagged(TaggedFields type) {
        TreeMap<Integer, Object> values = new TreeMap<>();
        for (var entry : type.fields().entrySet()) {
            Field field = entry.getValue();
            boolean set = mood == Mood.FULL || isTiny()
                || mood != Mood.EMPTY && random.nextInt(4) > 0;
            if (set && random.nextInt(8) == 0 && field.hasDefaultValue) {
                values.put(entry.getKey(), field.defaultValue);
            } else if (set) {
                values.put(entry.getKey(), value(field.type));
            }
        }
        if (withUnknownTags) {
            for (int tag : UNKNOWN_TAGS) {
                if (tagRandom.nextInt(4) == 0) {
                    byte[] data = new byte[tagRandom.nextInt(tagRandom.nextInt(8) == 0 ? 300 : 20)];
                    tagRandom.nextBytes(data);
                    values.put(tag, new RawTaggedField(tag, data));
                }
            }
        }
        return values;
    }

    private boolean isTiny() {
        return mood == Mood.TINY || mood == Mood.TINY_NULLS;
    }

    private boolean isNull() {
        return switch (mood) {
            case NULLS, TINY_NULLS -> true;
            case FULL, TINY, EMPTY -> false;
            default -> random.nextInt(4) == 0;
        };
    }

    private Object value(Type type) {
        if (type.isNullable() && isNull()) {
            return null;
        }
        if (type.isArray()) {
            return array(type.arrayElementType().orElseThrow());
        }
        if (type instanceof Schema schema) {
            return struct(schema);
        } else if (type instanceof TaggedStruct tagged) {
            return struct(tagged.schema);
        }
        if (type == Type.BOOLEAN) {
            return random.nextBoolean();
        } else if (type == Type.INT8) {
            return (byte) number(8);
        } else if (type == Type.INT16) {
            return (short) number(16);
        } else if (type == Type.UINT16) {
            return (int) (number(16) & 0xffff);
        } else if (type == Type.INT32) {
            return (int) number(32);
        } else if (type == Type.UNSIGNED_INT32) {
            return number(32) & 0xffffffffL;
        } else if (type == Type.INT64) {
            return number(64);
        } else if (type == Type.FLOAT64) {
            return float64();
        } else if (type == Type.UUID) {
            return mood == Mood.EMPTY ? Uuid.ZERO_UUID : new Uuid(number(64), number(64));
        }
        return sized(type);
    }

    private Object sized(Type type) {
        if (type == Type.STRING || type == Type.COMPACT_STRING || type == Type.NULLABLE_STRING
                || type == Type.COMPACT_NULLABLE_STRING) {
            return text();
        } else if (type == Type.BYTES || type == Type.COMPACT_BYTES || type == Type.NULLABLE_BYTES
                || type == Type.COMPACT_NULLABLE_BYTES) {
            return ByteBuffer.wrap(bytes());
        } else if (type == Type.RECORDS || type == Type.COMPACT_RECORDS
                || type == Type.NULLABLE_RECORDS || type == Type.COMPACT_NULLABLE_RECORDS) {
            return MemoryRecords.readableRecords(ByteBuffer.wrap(bytes()));
        }
        throw new IllegalStateException("no random values of type " + type);
    }

    private Object[] array(Type element) {
        int size = switch (mood) {
            case EMPTY -> 0;
            case TINY, TINY_NULLS -> 1;
            case LONG -> random.nextInt(3) == 0 && longValues-- > 0 ? oneOf(ARRAY_SIZES) : 1;
            default -> random.nextInt(4);
        };
        size = Math.min(size, Math.max(elements, 0));
        elements -= size;
        Object[] values = new Object[size];
        for (int i = 0; i < size; i++) {
            values[i] = value(element);
        }
        return values;
    }

    private long number(int bits) {
        long least = -1L << (bits - 1);
        return switch (mood) {
            case EMPTY -> 0;
            case EXTREME -> switch (random.nextInt(5)) {
                case 0 -> least;
                case 1 -> -(least + 1);
                case 2 -> -1;
                case 3 -> 1;
                default -> random.nextLong();
            };
            case TINY, TINY_NULLS -> random.nextInt(4) == 0 ? random.nextLong()
                : random.nextInt(100);
            default -> random.nextInt(2) == 0 ? random.nextInt(100) : random.nextLong();
        };
    }

    private double float64() {
        return switch (mood) {
            case EMPTY -> 0.0;
            case EXTREME -> switch (random.nextInt(6)) {
                case 0 -> Double.NaN;
                case 1 -> Double.NEGATIVE_INFINITY;
                case 2 -> -0.0;
                case 3 -> Double.MIN_VALUE;
                case 4 -> Double.MAX_VALUE;
                default -> Double.longBitsToDouble(random.nextLong());
            };
            default -> random.nextInt(2_000_000) / 64.0 - 10_000;
        };
    }

    private String text() {
        int size = switch (mood) {
            case EMPTY -> 0;
            case TINY, TINY_NULLS -> 1 + random.nextInt(3);
            case LONG -> random.nextInt(3) == 0 && longValues-- > 0 ? oneOf(TEXT_SIZES) : 3;
            default -> random.nextInt(20);
        };
        StringBuilder text = new StringBuilder(size);
        boolean any = mood == Mood.EXTREME || mood == Mood.MIXED;
        while (text.length() < size) {
            text.append(any ? LETTERS[random.nextInt(LETTERS.length)]
                : (char) ('a' + random.nextInt(26)));
        }
        return text.toString();
    }

    private byte[] bytes() {
        int size = switch (mood) {
            case EMPTY -> 0;
            case TINY, TINY_NULLS -> 3;
            case LONG -> random.nextInt(3) == 0 && longValues-- > 0 ? oneOf(BYTES_SIZES) : 3;
            default -> random.nextInt(40);
        };
        byte[] bytes = new byte[size];
        random.nextBytes(bytes);
        return bytes;
    }

    private int oneOf(int[] values) {
        return values[random.nextInt(values.length)];
    }
}

import java.nio.ByteBuffer;
import java.util.TreeMap;
import org.apache.kafka.common.protocol.types.Field;
import org.apache.kafka.common.protocol.types.NullableSchema;
import org.apache.kafka.common.protocol.types.Schema;
import org.apache.kafka.common.protocol.types.TaggedFields;
import org.apache.kafka.common.protocol.types.Type;

/**
 * A nullable struct in a tagged field, as the generated classes write it. Null is a zero there and
 * -1 everywhere else; Apache's own NullableSchema, which no broker uses for it, does not know that.
 */
final class TaggedStruct extends Type {
    final Schema schema;

    private TaggedStruct(NullableSchema schema) {
        this.schema = schema;
    }

    /** The tagged fields with such structs in place of NullableSchema. */
    static TaggedFields in(TaggedFields tagged) {
        TreeMap<Integer, Field> fields = new TreeMap<>(tagged.fields());
        fields.replaceAll((tag, field) -> field.type instanceof NullableSchema nullable
            ? new Field(field.name, new TaggedStruct(nullable), field.docString) : field);
        return new TaggedFields(fields);
    }

    /** The schema of a message, with such structs in its own tagged fields. */
    static Schema in(Schema schema) {
        Field[] fields = new Field[schema.numFields()];
        for (int i = 0; i < fields.length; i++) {
            Field field = schema.get(i).def;
            fields[i] = field.type instanceof TaggedFields tagged
                ? new Field.TaggedFieldsSection(in(tagged)) : field;
        }
        return new Schema(fields);
    }

    @Override
    public void write(ByteBuffer buffer, Object value) {
        if (value == null) {
            buffer.put((byte) 0);
        } else {
            schema.write(buffer, value);
        }
    }

    @Override
    public Object read(ByteBuffer buffer) {
        throw new UnsupportedOperationException("the generated classes read");
    }

    @Override
    public Object validate(Object value) {
        return schema.validate(value);
    }

    @Override
    public int sizeOf(Object value) {
        return schema.sizeOf(value);
    }

    @Override
    public boolean isNullable() {
        return true;
    }
}

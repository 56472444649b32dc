import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.protocol.Errors;

/** Prints every error code that Apache knows: number, name, "retriable" or "final", by tabs. */
final class ErrorCodes {
    private ErrorCodes() {}

    public static void main(String[] arguments) {
        for (Errors error : Errors.values()) {
            boolean again = error.exception() instanceof RetriableException;
            System.out.println(
                error.code() + "\t" + error.name() + "\t" + (again ? "retriable" : "final"));
        }
    }
}

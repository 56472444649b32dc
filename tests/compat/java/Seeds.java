import java.util.Random;
import java.util.SplittableRandom;

/** Random streams of seeds that follow each other: java.util.Random alone begins them all alike. */
final class Seeds {
    private Seeds() {}

    static Random random(long seed) {
        return new Random(new SplittableRandom(seed).nextLong());
    }
}

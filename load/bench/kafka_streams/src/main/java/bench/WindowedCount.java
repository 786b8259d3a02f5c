package bench;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.processor.PunctuationType;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.Stores;
import org.apache.kafka.streams.state.WindowStore;

/**
 * How many contacts came from each country in each second? The small count that Surgeline's whole
 * path is measured beside: events in, counts in a windowed store with its changelog, closed seconds
 * out. No repartition topic, which a key of its own would need: each partition counts for itself.
 *
 * <p>Arguments: broker, input topic, output topic, application id, state folder, events to count.
 * Prints one line of JSON when it has counted them.
 */
public final class WindowedCount {
  private static final Duration SECOND = Duration.ofSeconds(1);
  private static final Duration KEPT = Duration.ofMinutes(10);
  private static final String STORE = "counts";

  @JsonIgnoreProperties(ignoreUnknown = true)
  public record Contact(String country, String queue) {}

  @JsonIgnoreProperties(ignoreUnknown = true)
  public record Event(String id, String time, Contact data) {}

  private static final ObjectReader READER =
      new ObjectMapper()
          .enable(DeserializationFeature.ACCEPT_SINGLE_VALUE_AS_ARRAY)
          .readerFor(Event[].class);

  private static final AtomicLong COUNTED = new AtomicLong();
  private static final AtomicLong BEGAN = new AtomicLong();
  private static final CountDownLatch DONE = new CountDownLatch(1);

  /** One partition's counts. */
  private static final class Count implements Processor<byte[], byte[], String, Long> {
    private final long wanted;
    private ProcessorContext<String, Long> context;
    private WindowStore<String, Long> counts;
    private long closed;
    private long newest;

    Count(long wanted) {
      this.wanted = wanted;
    }

    @Override
    public void init(ProcessorContext<String, Long> context) {
      this.context = context;
      this.counts = context.getStateStore(STORE);
      context.schedule(SECOND, PunctuationType.STREAM_TIME, at -> sayClosed());
    }

    @Override
    public void process(Record<byte[], byte[]> record) {
      BEGAN.compareAndSet(0, System.nanoTime());
      Event[] events = read(record.value());
      for (Event event : events) {
        long at = Instant.parse(event.time()).getEpochSecond() * 1000;
        Long known = counts.fetch(event.data().country(), at);
        counts.put(event.data().country(), known == null ? 1 : known + 1, at);
        newest = Math.max(newest, at);
      }
      if (COUNTED.addAndGet(events.length) >= wanted) {
        DONE.countDown();
      }
    }

    /** Say the seconds that ended since last time. */
    private void sayClosed() {
      if (newest <= closed) {
        return;
      }
      long from = closed == 0 ? newest - KEPT.toMillis() : closed;
      try (var all = counts.fetchAll(from, newest - 1)) {
        all.forEachRemaining(
            entry ->
                context.forward(
                    new Record<>(
                        entry.key.key(), entry.value, entry.key.window().start())));
      }
      closed = newest;
    }

    private static Event[] read(byte[] value) {
      try {
        return READER.readValue(value);
      } catch (IOException error) {
        throw new UncheckedIOException(error);
      }
    }
  }

  public static void main(String[] args) throws InterruptedException {
    long wanted = Long.parseLong(args[5]);
    Properties settings = new Properties();
    settings.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, args[0]);
    settings.put(StreamsConfig.APPLICATION_ID_CONFIG, args[3]);
    settings.put(StreamsConfig.STATE_DIR_CONFIG, Path.of(args[4]).toString());
    settings.put(StreamsConfig.consumerPrefix("auto.offset.reset"), "earliest");
    settings.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, 1);

    StreamsBuilder builder = new StreamsBuilder();
    builder.addStateStore(
        Stores.windowStoreBuilder(
                Stores.inMemoryWindowStore(STORE, KEPT, SECOND, false),
                Serdes.String(),
                Serdes.Long())
            .withCachingEnabled());
    builder.stream(args[1], Consumed.with(Serdes.ByteArray(), Serdes.ByteArray()))
        .process(() -> new Count(wanted), STORE)
        .to(args[2], Produced.with(Serdes.String(), Serdes.Long()));

    try (KafkaStreams streams = new KafkaStreams(builder.build(), settings)) {
      streams.start();
      DONE.await();
      double seconds = (System.nanoTime() - BEGAN.get()) / 1e9;
      long cpu = ProcessHandle.current().info().totalCpuDuration().orElse(Duration.ZERO).toMillis();
      System.out.printf(
          "{\"events\": %d, \"seconds\": %.3f, \"cpu_seconds\": %.3f}%n",
          COUNTED.get(), seconds, cpu / 1000.0);
      System.out.flush();
    }
  }
}

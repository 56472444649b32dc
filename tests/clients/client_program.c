// A client of a broker, written in C on librdkafka, for the tests:
//   client_program produce  ADDRESS TOPIC [key=value ...]              records of stdin (lines.h);
//                                         an empty line asks for all answers, then "flushed"
//   client_program consume  ADDRESS TOPIC PARTITIONS [key=value ...]   to the end of each partition
//   client_program follow   ADDRESS TOPIC PARTITIONS [key=value ...]   until it is ended
//   client_program create   ADDRESS TOPIC PARTITIONS [key=value ...]
//   client_program metadata ADDRESS [key=value ...]
//   client_program offsets  ADDRESS TOPIC PARTITION:TIMESTAMP[,...] [key=value ...]
//   client_program transact ADDRESS TRANSACTIONAL_ID [key=value ...]
// The settings at the end are librdkafka's. Exits with 0 if everything was answered well.
#include <inttypes.h>
#include <librdkafka/rdkafka.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lines.h"

enum {
  poll_ms = 100,
  flush_limit_ms = 240000,
  answer_limit_ms = 30000,
  silence_limit_s = 60,  // consume gives up when nothing comes for so long
  partitions_max = 64,
};

static long failed = 0;

static void die(const char* what, const char* why) {
  fprintf(stderr, "%s: %s\n", what, why);
  exit(1);
}

/// Produce: "number partition offset timestamp", or "number failed reason".
static void on_delivery(rd_kafka_t* client, const rd_kafka_message_t* message, void* opaque) {
  (void)client;
  (void)opaque;
  const uintptr_t number = (uintptr_t)message->_private;
  if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
    ++failed;
    printf("%" PRIuPTR " failed %s\n", number, rd_kafka_err2name(message->err));
    return;
  }
  rd_kafka_timestamp_type_t type;
  printf("%" PRIuPTR " %" PRId32 " %" PRId64 " %" PRId64 "\n", number, message->partition,
         message->offset, rd_kafka_message_timestamp(message, &type));
}

static void on_error(rd_kafka_t* client, int code, const char* reason, void* opaque) {
  (void)client;
  (void)opaque;
  fprintf(stderr, "error %s: %s\n", rd_kafka_err2name(code), reason);
}

static void set(rd_kafka_conf_t* conf, const char* key, const char* value) {
  char why[512];
  if (rd_kafka_conf_set(conf, key, value, why, sizeof why) != RD_KAFKA_CONF_OK) die(key, why);
}

/// A client with the settings of the command line from `settings` on.
static rd_kafka_t* open_client(rd_kafka_type_t type, rd_kafka_conf_t* conf, const char* address,
                               char** settings) {
  set(conf, "bootstrap.servers", address);
  for (; *settings != NULL; ++settings) {
    char* value = strchr(*settings, '=');
    if (value == NULL) die(*settings, "not key=value");
    *value++ = '\0';
    set(conf, *settings, value);
  }
  rd_kafka_conf_set_error_cb(conf, on_error);
  char why[512];
  rd_kafka_t* client = rd_kafka_new(type, conf, why, sizeof why);
  if (client == NULL) die("rd_kafka_new", why);
  return client;
}

// ------------------------------------------------------------------------------------------------
// Producing
// ------------------------------------------------------------------------------------------------

static rd_kafka_headers_t* make_headers(const struct record* record) {
  rd_kafka_headers_t* headers = rd_kafka_headers_new(record->header_count);
  for (size_t index = 0; index < record->header_count; ++index) {
    const struct header* header = &record->headers[index];
    rd_kafka_header_add(headers, (const char*)header->name.data, (ssize_t)header->name.size,
                        header->value.data, (ssize_t)header->value.size);
  }
  return headers;
}

static void send_record(rd_kafka_t* producer, const char* topic, const struct record* record,
                        uintptr_t number) {
  rd_kafka_headers_t* headers = make_headers(record);
  for (;;) {
    const rd_kafka_resp_err_t error = rd_kafka_producev(
        producer, RD_KAFKA_V_TOPIC(topic), RD_KAFKA_V_PARTITION(record->partition),
        RD_KAFKA_V_TIMESTAMP(record->timestamp), RD_KAFKA_V_KEY(record->key.data, record->key.size),
        RD_KAFKA_V_VALUE(record->value.data, record->value.size), RD_KAFKA_V_HEADERS(headers),
        RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_OPAQUE((void*)number), RD_KAFKA_V_END);
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR) return;  // the headers are now librdkafka's
    if (error != RD_KAFKA_RESP_ERR__QUEUE_FULL) {
      ++failed;
      printf("%" PRIuPTR " failed %s\n", number, rd_kafka_err2name(error));
      rd_kafka_headers_destroy(headers);
      return;
    }
    rd_kafka_poll(producer, poll_ms);
  }
}

static void flush_all(rd_kafka_t* producer) {
  const rd_kafka_resp_err_t error = rd_kafka_flush(producer, flush_limit_ms);
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) die("flush", rd_kafka_err2name(error));
}

static int produce(const char* address, const char* topic, char** settings) {
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
  rd_kafka_t* producer = open_client(RD_KAFKA_PRODUCER, conf, address, settings);
  char* line = NULL;
  size_t room = 0;
  struct record record;
  uintptr_t number = 0;
  while (getline(&line, &room, stdin) > 0) {
    if (strcmp(line, "\n") == 0) {
      flush_all(producer);
      puts("flushed");
      fflush(stdout);
      continue;
    }
    parse_record(line, &record);
    send_record(producer, topic, &record, number++);
    rd_kafka_poll(producer, 0);
  }
  free(line);
  flush_all(producer);
  rd_kafka_destroy(producer);
  return failed == 0 ? 0 : 1;
}

// ------------------------------------------------------------------------------------------------
// Consuming, without a group
// ------------------------------------------------------------------------------------------------

/// Prints messages; returns when each partition was read to its end, unless `endless`.
static void read_messages(rd_kafka_queue_t* queue, int partitions, bool endless) {
  bool at_end[partitions_max] = {false};
  int left = partitions;
  time_t last = time(NULL);
  while (left > 0 || endless) {
    rd_kafka_message_t* message = rd_kafka_consume_queue(queue, poll_ms);
    if (message == NULL) {
      if (!endless && time(NULL) - last > silence_limit_s) die("consume", "nothing comes");
      continue;
    }
    last = time(NULL);
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
      print_message(message);
    } else if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
      if (!at_end[message->partition]) --left;
      at_end[message->partition] = true;
    } else {
      // An unreachable broker is worth waiting for: on_error tells of it, not a message.
      die("consume", rd_kafka_message_errstr(message));
    }
    if (endless) fflush(stdout);
    rd_kafka_message_destroy(message);
  }
}

static int consume(const char* address, const char* name, const char* partition_count,
                   char** settings, bool endless) {
  const int partitions = atoi(partition_count);
  if (partitions < 1 || partitions > partitions_max) die("consume", "partitions: 1 to 64");
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  set(conf, "enable.partition.eof", "true");
  rd_kafka_t* consumer = open_client(RD_KAFKA_CONSUMER, conf, address, settings);
  rd_kafka_topic_t* topic = rd_kafka_topic_new(consumer, name, NULL);
  rd_kafka_queue_t* queue = rd_kafka_queue_new(consumer);
  for (int32_t partition = 0; partition < partitions; ++partition) {
    if (rd_kafka_consume_start_queue(topic, partition, RD_KAFKA_OFFSET_BEGINNING, queue) != 0) {
      die("consume", rd_kafka_err2name(rd_kafka_last_error()));
    }
  }
  read_messages(queue, partitions, endless);
  for (int32_t partition = 0; partition < partitions; ++partition) {
    rd_kafka_consume_stop(topic, partition);
  }
  rd_kafka_queue_destroy(queue);
  rd_kafka_topic_destroy(topic);
  rd_kafka_destroy(consumer);
  return 0;
}

// ------------------------------------------------------------------------------------------------
// Questions
// ------------------------------------------------------------------------------------------------

static int create(const char* address, const char* name, const char* partitions, char** settings) {
  rd_kafka_t* client = open_client(RD_KAFKA_PRODUCER, rd_kafka_conf_new(), address, settings);
  char why[512] = "no answer";
  rd_kafka_NewTopic_t* topic = rd_kafka_NewTopic_new(name, atoi(partitions), -1, why, sizeof why);
  if (topic == NULL) die("create", why);
  rd_kafka_queue_t* queue = rd_kafka_queue_new(client);
  rd_kafka_CreateTopics(client, &topic, 1, NULL, queue);
  rd_kafka_event_t* event = rd_kafka_queue_poll(queue, answer_limit_ms);
  if (event == NULL) die("create", why);
  if (rd_kafka_event_error(event) != RD_KAFKA_RESP_ERR_NO_ERROR) {
    die("create", rd_kafka_event_error_string(event));
  }
  size_t count = 0;
  const rd_kafka_topic_result_t** results =
      rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event), &count);
  if (count != 1) die("create", "not one result");
  const rd_kafka_resp_err_t error = rd_kafka_topic_result_error(results[0]);
  printf("%s\t%s\n", name, rd_kafka_err2name(error));
  rd_kafka_event_destroy(event);
  rd_kafka_queue_destroy(queue);
  rd_kafka_NewTopic_destroy(topic);
  rd_kafka_destroy(client);
  return error == RD_KAFKA_RESP_ERR_NO_ERROR ? 0 : 1;
}

static int metadata(const char* address, char** settings) {
  rd_kafka_t* client = open_client(RD_KAFKA_PRODUCER, rd_kafka_conf_new(), address, settings);
  const struct rd_kafka_metadata* found = NULL;
  const rd_kafka_resp_err_t error = rd_kafka_metadata(client, 1, NULL, &found, answer_limit_ms);
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) die("metadata", rd_kafka_err2name(error));
  for (int index = 0; index < found->broker_cnt; ++index) {
    const rd_kafka_metadata_broker_t* broker = &found->brokers[index];
    printf("broker\t%" PRId32 "\t%s:%d\n", broker->id, broker->host, broker->port);
  }
  for (int index = 0; index < found->topic_cnt; ++index) {
    const rd_kafka_metadata_topic_t* topic = &found->topics[index];
    for (int place = 0; place < topic->partition_cnt; ++place) {
      const rd_kafka_metadata_partition_t* partition = &topic->partitions[place];
      printf("partition\t%s\t%" PRId32 "\t%" PRId32 "\t%d\t%d\t%s\n", topic->topic, partition->id,
             partition->leader, partition->replica_cnt, partition->isr_cnt,
             rd_kafka_err2name(partition->err));
    }
  }
  rd_kafka_metadata_destroy(found);
  rd_kafka_destroy(client);
  return 0;
}

/// For each partition "partition offset error": the first offset at or after the timestamp, -1 if
/// there is none.
static int offsets(const char* address, const char* topic, char* questions, char** settings) {
  rd_kafka_t* client = open_client(RD_KAFKA_CONSUMER, rd_kafka_conf_new(), address, settings);
  rd_kafka_topic_partition_list_t* list = rd_kafka_topic_partition_list_new(1);
  for (char* one = strsep(&questions, ","); one != NULL; one = strsep(&questions, ",")) {
    char* timestamp = strchr(one, ':');
    if (timestamp == NULL) die("offsets", "not PARTITION:TIMESTAMP");
    *timestamp++ = '\0';
    rd_kafka_topic_partition_list_add(list, topic, atoi(one))->offset = atoll(timestamp);
  }
  const rd_kafka_resp_err_t error = rd_kafka_offsets_for_times(client, list, answer_limit_ms);
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) die("offsets", rd_kafka_err2name(error));
  for (int index = 0; index < list->cnt; ++index) {
    const rd_kafka_topic_partition_t* answer = &list->elems[index];
    const bool none = answer->offset == RD_KAFKA_OFFSET_END;
    printf("%" PRId32 "\t%" PRId64 "\t%s\n", answer->partition, none ? -1 : answer->offset,
           rd_kafka_err2name(answer->err));
  }
  rd_kafka_topic_partition_list_destroy(list);
  rd_kafka_destroy(client);
  return 0;
}

static int64_t now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/// "outcome milliseconds reason", separated by tabs: what init_transactions() came to.
static int transact(const char* address, const char* transactional_id, char** settings) {
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  set(conf, "transactional.id", transactional_id);
  rd_kafka_t* producer = open_client(RD_KAFKA_PRODUCER, conf, address, settings);
  const int64_t start = now_ms();
  rd_kafka_error_t* error = rd_kafka_init_transactions(producer, answer_limit_ms);
  const int64_t elapsed_ms = now_ms() - start;
  if (error == NULL) {
    printf("ready\t%" PRId64 "\t\n", elapsed_ms);
  } else {
    printf("%s%s\t%" PRId64 "\t%s\n", rd_kafka_error_is_fatal(error) ? "fatal " : "",
           rd_kafka_error_name(error), elapsed_ms, rd_kafka_error_string(error));
    rd_kafka_error_destroy(error);
  }
  rd_kafka_destroy(producer);
  return 0;
}

int main(int count, char** words) {
  const char* verb = count > 2 ? words[1] : "";
  if (strcmp(verb, "produce") == 0 && count > 3) return produce(words[2], words[3], words + 4);
  if (strcmp(verb, "consume") == 0 && count > 4) {
    return consume(words[2], words[3], words[4], words + 5, false);
  }
  if (strcmp(verb, "follow") == 0 && count > 4) {
    return consume(words[2], words[3], words[4], words + 5, true);
  }
  if (strcmp(verb, "create") == 0 && count > 4) {
    return create(words[2], words[3], words[4], words + 5);
  }
  if (strcmp(verb, "metadata") == 0) return metadata(words[2], words + 3);
  if (strcmp(verb, "offsets") == 0 && count > 4) {
    return offsets(words[2], words[3], words[4], words + 5);
  }
  if (strcmp(verb, "transact") == 0 && count > 3) return transact(words[2], words[3], words + 4);
  fprintf(stderr, "see the top of client_program.c\n");
  return 2;
}

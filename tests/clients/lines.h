// Records as lines of text, the form of tests/compat/records.py:
//   partition TAB offset TAB timestamp TAB key TAB value TAB header,header,...
// Keys, values and both sides of a header (name:value) are hexadecimal; "-" is null. To be
// produced, a record has no offset, and may leave partition and timestamp to the client.
#pragma once

#include <librdkafka/rdkafka.h>
#include <stddef.h>
#include <stdint.h>

/// Bytes, or null (`data == NULL`); empty bytes have a pointer. Points into the line it came from.
struct blob {
  unsigned char* data;
  size_t size;
};

enum { headers_max = 32 };

struct header {
  struct blob name;
  struct blob value;
};

struct record {
  int32_t partition;  // RD_KAFKA_PARTITION_UA: the client chooses
  int64_t timestamp;  // milliseconds; 0: now
  struct blob key;
  struct blob value;
  size_t header_count;
  struct header headers[headers_max];
};

/// Takes the line apart in place. The record points into it. Ends the program if it is malformed.
void parse_record(char* line, struct record* record);

/// Writes a consumed message as a line to stdout.
void print_message(const rd_kafka_message_t* message);

#include "lines.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { field_count = 6 };

static void malformed(const char* what) {
  fprintf(stderr, "malformed line: %s\n", what);
  exit(2);
}

static unsigned nibble(char digit) {
  if (digit >= '0' && digit <= '9') return (unsigned)(digit - '0');
  if (digit >= 'a' && digit <= 'f') return (unsigned)(digit - 'a' + 10);
  malformed("not a hexadecimal digit");
  return 0;
}

/// Decodes hexadecimal over itself: bytes take half the room of their digits.
static struct blob decode(char* text) {
  if (strcmp(text, "-") == 0) return (struct blob){NULL, 0};
  const size_t digits = strlen(text);
  if (digits % 2 != 0) malformed("an odd number of digits");
  unsigned char* bytes = (unsigned char*)text;
  for (size_t at = 0; at < digits; at += 2) {
    bytes[at / 2] = (unsigned char)(nibble(text[at]) << 4 | nibble(text[at + 1]));
  }
  return (struct blob){bytes, digits / 2};
}

static void parse_headers(char* text, struct record* record) {
  record->header_count = 0;
  if (*text == '\0') return;
  for (char* one = strsep(&text, ","); one != NULL; one = strsep(&text, ",")) {
    char* value = strchr(one, ':');
    if (value == NULL) malformed("a header without ':'");
    if (record->header_count == headers_max) malformed("too many headers");
    *value++ = '\0';
    record->headers[record->header_count++] = (struct header){decode(one), decode(value)};
  }
}

void parse_record(char* line, struct record* record) {
  line[strcspn(line, "\n")] = '\0';
  char* fields[field_count];
  int count = 0;
  for (char* field = strsep(&line, "\t"); field != NULL; field = strsep(&line, "\t")) {
    if (count == field_count) malformed("too many fields");
    fields[count++] = field;
  }
  if (count != field_count) malformed("too few fields");
  record->partition =
      strcmp(fields[0], "-") == 0 ? RD_KAFKA_PARTITION_UA : (int32_t)atoi(fields[0]);
  record->timestamp = strcmp(fields[2], "-") == 0 ? 0 : (int64_t)atoll(fields[2]);
  record->key = decode(fields[3]);
  record->value = decode(fields[4]);
  parse_headers(fields[5], record);
}

static void print_bytes(const void* data, size_t size) {
  if (data == NULL) {
    putchar('-');
    return;
  }
  static const char digits[] = "0123456789abcdef";
  const unsigned char* bytes = data;
  for (size_t at = 0; at < size; ++at) {
    putchar(digits[bytes[at] >> 4]);
    putchar(digits[bytes[at] & 15]);
  }
}

static void print_headers(const rd_kafka_message_t* message) {
  rd_kafka_headers_t* headers = NULL;
  if (rd_kafka_message_headers(message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) return;
  const char* name = NULL;
  const void* value = NULL;
  size_t size = 0;
  for (size_t index = 0;
       rd_kafka_header_get_all(headers, index, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR;
       ++index) {
    if (index > 0) putchar(',');
    print_bytes(name, strlen(name));
    putchar(':');
    print_bytes(value, size);
  }
}

void print_message(const rd_kafka_message_t* message) {
  rd_kafka_timestamp_type_t type;
  printf("%" PRId32 "\t%" PRId64 "\t%" PRId64 "\t", message->partition, message->offset,
         rd_kafka_message_timestamp(message, &type));
  print_bytes(message->key, message->key_len);
  putchar('\t');
  print_bytes(message->payload, message->len);
  putchar('\t');
  print_headers(message);
  putchar('\n');
}

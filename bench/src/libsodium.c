/* libsodium's secretbox on one core: MiB a second of sealing or opening the same chunk again and again. */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define TAG crypto_secretbox_MACBYTES

static double now_s(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec + now.tv_nsec / 1e9;
}

int main(int count, char **words) {
  if (sodium_init() < 0) return 1;
  if (count == 2 && strcmp(words[1], "version") == 0) return puts(sodium_version_string()) < 0;
  if (count != 4) return 2;
  int opens = strcmp(words[1], "open") == 0;
  size_t len = strtoul(words[2], NULL, 10);
  double turn_s = strtod(words[3], NULL);
  unsigned char nonce[crypto_secretbox_NONCEBYTES] = {1}, key[crypto_secretbox_KEYBYTES] = {2};
  unsigned char *plain = malloc(len), *sealed = malloc(len + TAG);
  if (!plain || !sealed) return 1;
  memset(plain, 7, len);
  crypto_secretbox_easy(sealed, plain, len, nonce, key);
  unsigned long times = 0;
  double begun = now_s(), took;
  do {
    int failed = opens ? crypto_secretbox_open_easy(plain, sealed, len + TAG, nonce, key)
                       : crypto_secretbox_easy(sealed, plain, len, nonce, key);
    if (failed) return 1;
    times += 1;
    took = now_s() - begun;
  } while (took < turn_s);
  printf("%f\n", times * (double)len / (1 << 20) / took);
  return 0;
}

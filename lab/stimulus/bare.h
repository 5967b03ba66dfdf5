/*
 * System calls that touch nothing but registers.
 *
 * libc's syscall() writes errno, and a thread made by a bare clone shares the
 * errno of its maker. These give the kernel's answer as it is: a negative
 * number is an errno. Scenarios that tell facts make all their calls so.
 */
#ifndef STIMULUS_BARE_H
#define STIMULUS_BARE_H

#include <stdint.h>
#include <sys/syscall.h>

struct words {
	long word[6];
};

#if defined(__x86_64__)

static inline long bare(long number, struct words words)
{
	register long r10 __asm__("r10") = words.word[3];
	register long r8 __asm__("r8") = words.word[4];
	register long r9 __asm__("r9") = words.word[5];
	long ret;

	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "a"(number), "D"(words.word[0]), "S"(words.word[1]), "d"(words.word[2]), "r"(r10),
			   "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return ret;
}

/* For clone and clone3 with a stack for the child, on which start is called:
 * it may not return. */
static inline long bare_on_stack(long number, struct words words, void (*start)(void))
{
	register long r10 __asm__("r10") = words.word[3];
	register long r8 __asm__("r8") = words.word[4];
	register void (*r12)(void) __asm__("r12") = start;
	long ret;

	__asm__ volatile("syscall\n\t"
			 "test %%rax, %%rax\n\t"
			 "jnz 1f\n\t"
			 "xor %%ebp, %%ebp\n\t"
			 "call *%%r12\n\t"
			 "hlt\n"
			 "1:"
			 : "=a"(ret)
			 : "a"(number), "D"(words.word[0]), "S"(words.word[1]), "d"(words.word[2]), "r"(r10),
			   "r"(r8), "r"(r12)
			 : "rcx", "r11", "memory", "cc");
	return ret;
}

#elif defined(__aarch64__)

static inline long bare(long number, struct words words)
{
	register long x8 __asm__("x8") = number;
	register long x0 __asm__("x0") = words.word[0];
	register long x1 __asm__("x1") = words.word[1];
	register long x2 __asm__("x2") = words.word[2];
	register long x3 __asm__("x3") = words.word[3];
	register long x4 __asm__("x4") = words.word[4];
	register long x5 __asm__("x5") = words.word[5];

	__asm__ volatile("svc 0"
			 : "+r"(x0)
			 : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
			 : "memory");
	return x0;
}

static inline long bare_on_stack(long number, struct words words, void (*start)(void))
{
	register long x8 __asm__("x8") = number;
	register long x0 __asm__("x0") = words.word[0];
	register long x1 __asm__("x1") = words.word[1];
	register long x2 __asm__("x2") = words.word[2];
	register long x3 __asm__("x3") = words.word[3];
	register long x4 __asm__("x4") = words.word[4];
	register void (*x19)(void) __asm__("x19") = start;

	__asm__ volatile("svc 0\n\t"
			 "cbnz x0, 1f\n\t"
			 "blr x19\n\t"
			 "brk 0\n"
			 "1:"
			 : "+r"(x0)
			 : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x19)
			 : "memory", "cc", "x30");
	return x0;
}

#else
#error "Which registers does a system call take on this machine?"
#endif

/* The words that are not given are 0. */
#define WORDS(...) ((struct words){ { __VA_ARGS__ } })
#define BARE(number, ...) bare(number, WORDS(__VA_ARGS__))

static inline long as_word(const void *pointer)
{
	return (long)(intptr_t)pointer;
}

#endif

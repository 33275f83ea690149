// Skein's mark: three threads, wound.
export function Mark() {
  return (
    <svg class="mark" viewBox="0 0 32 32" width="28" height="28" aria-hidden="true" focusable="false">
      <path class="thread" d="M4 11c8-9 16-9 24 0" />
      <path class="thread second" d="M4 16c8-9 16 9 24 0" />
      <path class="thread" d="M4 21c8 9 16 9 24 0" />
    </svg>
  );
}

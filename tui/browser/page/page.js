// What the page does beside the terminal; a script of its own, since the page allows none inside of it.
window.addEventListener("load", () => {
  document.querySelector("#again").addEventListener("click", () => window.location.reload());
  document.querySelector(".xterm-helper-textarea")?.focus(); // keys work without a click first
});

// Unpacks the browser of the package, once, and prints its path.
import chromium from "@sparticuz/chromium";

console.log(await chromium.executablePath());

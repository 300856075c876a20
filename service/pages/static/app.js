// What the pages can do beyond links and forms. Each module stands alone, and every page works without them.
import { startReplacing } from "./replace.js";
import { startKeys } from "./keys.js";
import { startMap } from "./map.js";
import { startReading } from "./reading.js";
import { startUpload } from "./upload.js";

// Of more months than fit, the last ones are seen first.
const showLatest = () => document.querySelectorAll(".months ol").forEach((list) => { list.scrollLeft = list.scrollWidth; });
const starts = [showLatest, startMap, startReading, startUpload];
const begin = () => starts.forEach((start) => start());

startReplacing(begin);
startKeys();
begin();

/** Every pasted picture is called image.png: give it a name of its own. */
export function named(file: File, now = new Date()): File {
  if (file.name && !/^image\.\w+$/i.test(file.name)) return file;
  const ending = file.type.split("/")[1]?.replace("jpeg", "jpg").replace(/\W.*/, "") ?? "bin";
  const time = now.toISOString().slice(0, 19).replace(/[:T]/g, "-");
  return new File([file], `pasted-${time}.${ending}`, { type: file.type });
}

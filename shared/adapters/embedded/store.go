package embedded

const storeSchema = ``

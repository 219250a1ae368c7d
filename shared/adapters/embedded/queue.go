package embedded

const queueSchema = ``

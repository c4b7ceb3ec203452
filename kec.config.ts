// What `npm start` runs. Every key is in README.md; the types say what is wrong while you write.
// Of another sink, uncomment its line here and its entry below; ${env:NAME} and ${file:/path} keep secrets out of this file.
// import elasticsearch from '@kec/plugin-elasticsearch'
// import email from '@kec/plugin-email'
import log from '@kec/plugin-log'
// import loki from '@kec/plugin-loki'
import metrics from '@kec/plugin-metrics'
import { defineConfig } from 'kec'

export default defineConfig({
  // filter: { level: 'Warning', drop: [{ reason: 'Pulled' }] },
  plugins: [
    log(), // one line of JSON for each event, on standard output
    metrics(), // kec_events_total, at http://127.0.0.1:8080/metrics

    // A document for each event, in the data stream kec-events-CLUSTER.
    // elasticsearch({ node: 'https://es.example.org:9200', apiKey: '${env:ES_API_KEY}', ca: '${file:/etc/kec/ca.pem}' }),

    // Few labels, the rest is structured metadata.
    // loki({ url: 'https://loki.example.org', basic: { username: 'kec', password: '${env:LOKI_PASSWORD}' } }),

    // Digests: one mail in 5 minutes at most. With QQ the password is the authorisation code (授权码).
    // email(
    //   { service: 'QQ', from: '${env:MAIL_FROM}', password: '${env:MAIL_PASSWORD}', to: 'ops@example.org', language: 'zh' },
    //   { match: { type: 'Warning' } },
    // ),
  ],
})
